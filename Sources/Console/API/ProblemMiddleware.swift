import Foundation
import HTTPTypes
import Hummingbird
import Journaling
import Logging
import NIOCore

/// Turns errors into JSON with a status: what was wrong, as a person would read it.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = AdminContext

    @concurrent
    func handle(
        _ request: Request, context: AdminContext,
        next: @concurrent (Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            return try problem(error.status, error.body ?? error.status.reasonPhrase, error.headers)
        } catch let error as JournalError {
            return try problem(error.status, error.text)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // What it is about may be a patient's, so only its kind is told.
            context.logger.error("an admin request failed", metadata: ["error": "\(type(of: error))"])
            return try problem(.internalServerError, "the broker failed to answer")
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
