import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Finds out who a request comes from: the peer's user on the socket, a token or a signed-in browser over HTTPS.
struct AccessMiddleware: RouterMiddleware {
    typealias Context = AdminContext

    let entrance: Entrance

    /// Where requests come in.
    enum Entrance: Sendable {
        /// Only the broker's own user and root can open it, so whoever comes may do everything.
        case socket
        case network(Gatekeeper)
    }

    static let cookieName = "__Host-wardline"

    @concurrent
    func handle(
        _ request: Request, context: AdminContext,
        next: @concurrent (Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        switch entrance {
        case .socket:
            let access = Access(actor: try await context.peer(), role: .admin)
            context.access = access
            context.accessNow = { access }
        case .network(let gatekeeper):
            context.access = try access(request, gatekeeper)
            context.accessNow = { standing(request, gatekeeper) }
        }
        return try await next(request, context)
    }

    /// Looking does not keep a session alive.
    private func standing(_ request: Request, _ gatekeeper: Gatekeeper) -> Access? {
        if let header = request.headers[.authorization] { return gatekeeper.access(token: Self.token(header)) }
        return request.cookies[Self.cookieName].flatMap { gatekeeper.access(cookie: $0.value, isUse: false) }
    }

    private static func token(_ header: String) -> String {
        String(header.dropFirst(7)).trimmingCharacters(in: .whitespaces)
    }

    private func access(_ request: Request, _ gatekeeper: Gatekeeper) throws -> Access? {
        if let header = request.headers[.authorization] {
            guard header.lowercased().hasPrefix("bearer ") else {
                throw HTTPError(.unauthorized, message: "write Authorization: Bearer TOKEN")
            }
            guard let access = gatekeeper.access(token: Self.token(header)) else {
                throw HTTPError(.unauthorized, message: "the token is unknown or has expired")
            }
            return access
        }
        guard let cookie = request.cookies[Self.cookieName]?.value,
            let access = gatekeeper.access(cookie: cookie)
        else { return nil }
        // A page of another site can make a browser send the cookie, but cannot read what to repeat.
        if request.method != .get && request.method != .head,
            request.headers[HTTPField.Name.csrf].map({ isEqual($0.utf8, (access.csrf ?? "").utf8) }) != true
        {
            throw HTTPError(.forbidden, message: "the header X-CSRF-Token is missing or not that of this session")
        }
        return access
    }
}

/// Lets only those through who may.
struct PermissionMiddleware: RouterMiddleware {
    typealias Context = AdminContext

    let permission: Permission

    @concurrent
    func handle(
        _ request: Request, context: AdminContext,
        next: @concurrent (Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        try context.require(permission)
        return try await next(request, context)
    }
}

extension HTTPField.Name {
    /// A literal that is a token of RFC 9110, so there is always a name.
    static let csrf = HTTPField.Name(parsed: "x-csrf-token") ?? .cookie
}
