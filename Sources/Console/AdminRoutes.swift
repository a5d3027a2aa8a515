import Auditing
import Broker
import Foundation
import HL7
import HTTPTypes
import Hummingbird
import Interfaces
import Journaling
import NIOCore

/// The admin API: `/api/v1`.
struct AdminRoutes: Sendable {
    let broker: Broker

    func router() -> Hummingbird.Router<AdminContext> {
        let router = Hummingbird.Router(context: AdminContext.self)
        router.addMiddleware { ProblemMiddleware() }
        let api = router.group("api/v1")
        api.get("status") { _, _ in try await status() }
        api.get("queues") { _, _ in try await queues() }
        api.get("ledger") { request, _ in try await ledger(request) }
        api.get("events") { request, context in try await events(request, context) }
        api.get("messages/:seq") { _, context in try await message(context) }
        api.get("messages/:seq/body") { _, context in try await body(context) }
        api.get("messages/:seq/trace") { request, context in try await trace(request, context) }
        api.get("messages") { request, _ in try await find(request) }
        for action in ["hold", "release", "skip"] {
            api.post("deliveries/:seq/:endpoint/\(RouterPath(stringLiteral: action))") { request, context in
                try await change(action, request, context)
            }
        }
        for action in ["release", "dismiss", "resend"] {
            api.post("messages/:seq/\(RouterPath(stringLiteral: action))") { request, context in
                try await changeEntry(action, request, context)
            }
        }
        for action in ["pause", "resume"] {
            api.post("endpoints/:endpoint/\(RouterPath(stringLiteral: action))") { request, context in
                try await changeEndpoint(action, request, context)
            }
        }
        return router
    }
}
