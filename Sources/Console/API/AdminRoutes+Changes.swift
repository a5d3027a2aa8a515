import Broker
import Foundation
import HTTPTypes
import Hummingbird
import Journaling
import NIOCore

extension AdminRoutes {
    func change(_ action: String, _ request: Hummingbird.Request, _ context: AdminContext) async throws -> AdminAPI.Done
    {
        let seq = try seq(context)
        let endpoint = try endpoint(context)
        let (why, _) = try await reason(request, context)
        switch action {
        case "hold": try await broker.hold(seq, endpoint: endpoint, why)
        case "release": try await broker.release(seq, endpoint: endpoint, why)
        default: try await broker.skip(seq, endpoint: endpoint, why)
        }
        return AdminAPI.Done(done: "\(action) \(seq) to \(endpoint)")
    }

    func changeEntry(
        _ action: String, _ request: Hummingbird.Request, _ context: AdminContext
    ) async throws -> AdminAPI.Done {
        let seq = try seq(context)
        let (why, change) = try await reason(request, context)
        switch action {
        case "release": try await broker.releaseEntry(seq, why)
        case "dismiss": try await broker.dismissEntry(seq, why)
        default:
            let new = try await broker.resend(seq, to: change.to ?? [], why)
            return AdminAPI.Done(done: "resent \(seq) as \(new)", seq: new)
        }
        return AdminAPI.Done(done: "\(action) \(seq)")
    }

    func changeEndpoint(
        _ action: String, _ request: Hummingbird.Request, _ context: AdminContext
    ) async throws -> AdminAPI.Done {
        let endpoint = try endpoint(context)
        let (why, change) = try await reason(request, context)
        guard action == "pause" else {
            try await broker.resume(endpoint, why)
            return AdminAPI.Done(done: "\(action) \(endpoint)")
        }
        let until = try change.until.map { try given("until", $0) }
        try await broker.pause(endpoint, until: until, why)
        return AdminAPI.Done(done: "\(action) \(endpoint)" + (until.map { " until \(isoTime($0))" } ?? ""))
    }

    private func endpoint(_ context: AdminContext) throws -> String {
        guard let endpoint = context.parameters.get("endpoint") else {
            throw HTTPError(.badRequest, message: "name an endpoint as provider.endpoint")
        }
        return endpoint
    }

    /// Who asks, and why: a reason is required for everything that changes something.
    func reason(
        _ request: Hummingbird.Request, _ context: AdminContext
    ) async throws -> (ChangeRequest, AdminAPI.Change) {
        let change = try await request.decode(as: AdminAPI.Change.self, context: context)
        guard !change.reason.allSatisfy(\.isWhitespace) else {
            throw HTTPError(.badRequest, message: "say why: a reason is required")
        }
        return (ChangeRequest(actor: context.actor, reason: change.reason), change)
    }
}

/// Turns errors into JSON with a status: what was wrong, as a person would read it.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = AdminContext

    @concurrent
    func handle(
        _ request: Hummingbird.Request, context: AdminContext,
        next: @concurrent (Hummingbird.Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            return try problem(error.status, error.body ?? error.status.reasonPhrase, error.headers)
        } catch let error as JournalError {
            return try problem(error.status, error.text)
        }
    }

    private func problem(
        _ status: HTTPResponse.Status, _ text: String, _ headers: HTTPFields = [:]
    ) throws -> Response {
        let body = try JSONEncoder().encode(AdminAPI.Problem(error: text))
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        return Response(
            status: status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension JournalError {
    fileprivate var status: HTTPResponse.Status {
        switch code {
        case .notFound: .notFound
        case .conflict: .conflict
        case .invalid: .badRequest
        case .storageLost, .full, .locked, .unreadable, .closed: .serviceUnavailable
        }
    }
}
