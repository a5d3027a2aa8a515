import Broker
import FHIR
import HTTPTypes
import Hummingbird
import Journaling
import NIOCore

/// The admin API: `/api/v1`, the same on the socket and over HTTPS.
struct AdminRoutes: Sendable {
    let broker: Broker
    let finder: MessageFinder
    let alerts: AlertCenter
    let resends: ResendRuns
    let exports: QueueExports
    /// nil on the socket, where nobody signs in.
    let gatekeeper: Gatekeeper?
    let accounts: AccountStore
    let gauges: BrokerGauges
    let activity: Activity
    /// The data folder.
    let folder: String
    private let pages = ConsolePages()

    init(
        broker: Broker, finder: MessageFinder, alerts: AlertCenter, resends: ResendRuns, exports: QueueExports,
        gatekeeper: Gatekeeper?, accounts: AccountStore, gauges: BrokerGauges,
        activity: Activity,
        folder: String
    ) {
        self.broker = broker
        self.finder = finder
        self.alerts = alerts
        self.resends = resends
        self.exports = exports
        self.gatekeeper = gatekeeper
        self.accounts = accounts
        self.gauges = gauges
        self.activity = activity
        self.folder = folder
    }

    func router(_ entrance: AccessMiddleware.Entrance) -> Hummingbird.Router<AdminContext> {
        let router = Hummingbird.Router(context: AdminContext.self)
        router.addMiddleware {
            HeadersMiddleware()
            ProblemMiddleware()
            AccessMiddleware(entrance: entrance)
        }
        health(router)
        if case .network = entrance { pages.add(to: router) }
        let api = router.group("api/v1")
        for operation in Self.operations {
            let group = operation.permission.map { api.group().add(middleware: PermissionMiddleware(permission: $0)) }
            (group ?? api).on(operation.routerPath, method: operation.method) { request, context in
                try await operation.run(self, request, context)
            }
        }
        return router
    }

    /// What programs ask: Prometheus, and whoever restarts what does not live.
    private func health(_ router: Hummingbird.Router<AdminContext>) {
        router.get("healthz") { _, _ in try health(isReady: broker.journal.failure == nil) }
        router.get("readyz") { _, _ in
            try health(isReady: broker.isReady)
        }
        router.group().add(middleware: PermissionMiddleware(permission: .read)).get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: try await gauges.text())))
        }
    }

    private func health(isReady: Bool) throws -> Response {
        Response(
            status: isReady ? .ok : .serviceUnavailable, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: isReady ? "ok\n" : "no messages are taken\n")))
    }

    /// Everything that the API can do: what the router serves, and what `openapi.json` describes.
    static let operations: [Operation] =
        signingIn + reading + eventReading + finding + views + messageReading + comparing + changes + resending
        + purging + planning + alertOperations
        + auditing
        + accountOperations + describing

    private static let describing: [Operation] = [
        .get(
            "openapi.json", .read, "This document.", answer: .content("application/json")
        ) { _, _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: try OpenAPIDocument(operations).json.bytes())))
        }
    ]
}
