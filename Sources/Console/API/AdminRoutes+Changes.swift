import Broker
import Foundation
import HTTPTypes
import Hummingbird
import Journaling
import NIOCore

extension AdminRoutes {
    static let changes: [Operation] = [
        .post("backups", .change, "Records that a copy of the data folder was made.", body: AdminAPI.Backup.self) {
            routes, request, context in try await routes.recordBackup(request, context)
        },
        .post(
            "configuration/reload", .change, "Uses the interfaces folder as it is now; one with mistakes is refused.",
            body: AdminAPI.Change.self
        ) { routes, request, context in try await routes.reload(request, context) },
        delivery("hold", "Keeps a queued delivery until it is released."),
        delivery("release", "Lets a held delivery go, or tries a waiting one at once."),
        delivery("skip", "Decides that a delivery is never to be made."),
        entry("release", "Lets a message that was held at intake go to the routes."),
        entry("dismiss", "Decides that a message held at intake goes nowhere."),
        entry(
            "resend",
            "Sends a message again, as a new entry; `to` says where, else everywhere it went, `as` by which configuration."
        ),
        endpoint(
            "pause", "Sends nothing more to an endpoint, or takes nothing at listener:NAME, perhaps `until` a time."),
        endpoint("resume", "Goes on with a paused endpoint or listener."),
    ]

    private static func delivery(_ action: String, _ summary: String) -> Operation {
        .post("deliveries/{seq}/{endpoint}/\(action)", .change, summary, body: AdminAPI.Change.self) {
            routes, request, context in try await routes.change(action, request, context)
        }
    }

    private static func entry(_ action: String, _ summary: String) -> Operation {
        .post("messages/{seq}/\(action)", .change, summary, body: AdminAPI.Change.self) { routes, request, context in
            try await routes.changeEntry(action, request, context)
        }
    }

    private static func endpoint(_ action: String, _ summary: String) -> Operation {
        .post("endpoints/{endpoint}/\(action)", .change, summary, body: AdminAPI.Change.self) {
            routes, request, context in try await routes.changeEndpoint(action, request, context)
        }
    }

    func change(_ action: String, _ request: Request, _ context: AdminContext) async throws -> AdminAPI.Done {
        let seq = try seq(context)
        let endpoint = try endpoint(context)
        let (why, _) = try await reason(request, context)
        switch action {
        case "hold":
            try await broker.hold(seq, endpoint: endpoint, why)
            return AdminAPI.Done(done: "held #\(seq) for \(endpoint)")
        case "release":
            try await broker.release(seq, endpoint: endpoint, why)
            return AdminAPI.Done(done: "released #\(seq) for \(endpoint)")
        default:
            try await broker.skip(seq, endpoint: endpoint, why)
            return AdminAPI.Done(done: "skipped #\(seq) for \(endpoint)")
        }
    }

    func changeEntry(
        _ action: String, _ request: Request, _ context: AdminContext
    ) async throws -> AdminAPI.Done {
        let seq = try seq(context)
        let (why, change) = try await reason(request, context)
        switch action {
        case "release":
            try await broker.releaseEntry(seq, why)
            return AdminAPI.Done(done: "released #\(seq) to the routes")
        case "dismiss":
            try await broker.dismissEntry(seq, why)
            return AdminAPI.Done(done: "dismissed #\(seq)")
        default:
            let new = try await broker.resend(seq, Resend(to: change.to ?? [], as: change.as ?? .now), why)
            return AdminAPI.Done(done: "sent #\(seq) again as #\(new)", seq: new)
        }
    }

    func changeEndpoint(
        _ action: String, _ request: Request, _ context: AdminContext
    ) async throws -> AdminAPI.Done {
        let endpoint = try endpoint(context)
        let (why, change) = try await reason(request, context)
        guard action == "pause" else {
            try await broker.resume(endpoint, why)
            return AdminAPI.Done(done: "resumed \(endpoint)")
        }
        let until = try change.until.map { try given("until", $0) }
        try await broker.pause(endpoint, until: until, why)
        return AdminAPI.Done(done: "paused \(endpoint)" + (until.map { " until \(isoTime($0))" } ?? ""))
    }

    func endpoint(_ context: AdminContext) throws -> String {
        guard let endpoint = context.parameters.get("endpoint") else {
            throw HTTPError(.badRequest, message: "name an endpoint as provider.endpoint")
        }
        return endpoint
    }

    /// Who asks, and why: a reason is required for everything that changes something.
    func reason(
        _ request: Request, _ context: AdminContext
    ) async throws -> (ChangeRequest, AdminAPI.Change) {
        let change = try await request.decode(as: AdminAPI.Change.self, context: context)
        guard !change.reason.allSatisfy(\.isWhitespace) else {
            throw HTTPError(.badRequest, message: "say why: a reason is required")
        }
        return (ChangeRequest(actor: context.actor, reason: change.reason), change)
    }
}
