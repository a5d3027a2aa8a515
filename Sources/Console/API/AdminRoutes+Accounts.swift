import Auditing
import Broker
import Foundation
import HTTPTypes
import Hummingbird
import Journaling
import NIOCore

extension AdminAPI.Session: ResponseEncodable {}
extension AdminAPI.Account: ResponseEncodable {}
extension AdminAPI.NewToken: ResponseEncodable {}

/// Signing in and out, and who may.
extension AdminRoutes {
    static let signingIn: [Operation] = [
        .get("session", .read, "Who asks, and what they may.") { _, _, context in AdminAPI.Session(context.access) },
        Operation(
            method: .post, path: "session", permission: nil,
            summary: "Signs a browser in: with account and password, or with a token. Sets a cookie.",
            body: AdminAPI.SignIn.self, answer: .value(AdminAPI.Session.self),
            run: { routes, request, context in try await routes.begin(request, context) }),
        Operation(
            method: .delete, path: "session", permission: nil, summary: "Signs a browser out.", answer: .nothing,
            run: { routes, request, _ in
                if let cookie = request.cookies[AccessMiddleware.cookieName]?.value {
                    routes.gatekeeper?.signOut(cookie)
                }
                var response = Response(status: .noContent)
                response.setCookie(cookie("", maxAge: 0))
                return response
            }),
    ]

    private func begin(_ request: Request, _ context: AdminContext) async throws -> Response {
        guard let gatekeeper else {
            throw HTTPError(.conflict, message: "nobody signs in here: admin: in broker.yaml says nothing of HTTPS")
        }
        let asked = try await request.decode(as: AdminAPI.SignIn.self, context: context)
        let outcome =
            if let token = asked.token {
                try await gatekeeper.signIn(token: token, from: context.address)
            } else if let account = asked.account, let password = asked.password {
                try await gatekeeper.signIn(account: account, password: password, from: context.address)
            } else {
                throw HTTPError(.badRequest, message: "send account and password, or a token")
            }
        switch outcome {
        case .done(let cookie, let access):
            var response = try AdminAPI.Session(access).response(from: request, context: context)
            response.setCookie(Self.cookie(cookie, maxAge: Int(Sessions.ageMax / 1_000_000)))
            return response
        case .refused: throw HTTPError(.unauthorized, message: "that is not right")
        case .wait(let seconds):
            throw HTTPError(
                .tooManyRequests, headers: [.retryAfter: "\(seconds)"],
                message: "too many failures: wait \(seconds) s before the next try")
        }
    }

    /// `__Host-`: only over TLS, only for this host, for every path (RFC 6265bis 4.1.3.2).
    private static func cookie(_ value: String, maxAge: Int) -> Cookie {
        Cookie(
            name: AccessMiddleware.cookieName, value: value, maxAge: maxAge, path: "/", secure: true, httpOnly: true,
            sameSite: .strict)
    }

    // MARK: Accounts

    static let accountOperations: [Operation] = [
        .get("accounts", .accounts, "Who may sign in, as what.") { routes, _, _ in
            routes.accounts.current.accounts.map(AdminAPI.Account.init)
        },
        .post("accounts", .accounts, "Makes an account.", body: AdminAPI.AccountChange.self) {
            routes, request, context in try await routes.add(request, context)
        },
        .change(.delete, "accounts/{account}", .accounts, "Removes an account, and signs it out.") {
            routes, _, context in
            try await routes.changeAccount(context, "removed") { book, name throws(AccessError) in
                try book.remove(name)
            }
        },
        .change(
            .put, "accounts/{account}", .accounts, "Sets a role or a password, and signs the account out.",
            body: AdminAPI.AccountChange.self
        ) { routes, request, context in try await routes.update(request, context) },
        .post(
            "accounts/{account}/tokens", .accounts, "Makes a token for a program; it is shown this once.",
            body: AdminAPI.TokenRequest.self
        ) { routes, request, context in try await routes.addToken(request, context) },
        .change(.delete, "accounts/{account}/tokens/{token}", .accounts, "Makes a token useless.") {
            routes, _, context in
            let token = context.parameters.get("token") ?? ""
            return try await routes.changeAccount(context, "token \(token) removed") { book, name throws(AccessError) in
                try book.removeToken(token, of: name)
            }
        },
    ]

    private func add(_ request: Request, _ context: AdminContext) async throws -> AdminAPI.Done {
        let change = try await request.decode(as: AdminAPI.AccountChange.self, context: context)
        guard let name = change.account, let role = change.role else {
            throw HTTPError(.badRequest, message: "send account and role")
        }
        let password = try await hash(change.password)
        return try await changeAccount(context, "made as \(role.rawValue)", name) { book, name throws(AccessError) in
            try book.add(name, role: role)
            if let password { try book.setPassword(password, of: name) }
        }
    }

    private func update(_ request: Request, _ context: AdminContext) async throws -> AdminAPI.Done {
        let change = try await request.decode(as: AdminAPI.AccountChange.self, context: context)
        let password = try await hash(change.password)
        let what = [change.role.map { "role \($0.rawValue)" }, password.map { _ in "password" }].compactMap(\.self)
        return try await changeAccount(
            context, "changed: \(what.joined(separator: ", "))"
        ) { book, name throws(AccessError) in
            if let role = change.role { try book.setRole(role, of: name) }
            if let password { try book.setPassword(password, of: name) }
        }
    }

    private func hash(_ password: String?) async throws -> PasswordHash? {
        guard let password else { return nil }
        guard password.count >= PasswordHash.lengthMin else {
            throw HTTPError(
                .badRequest, message: "a password has at least \(PasswordHash.lengthMin) characters; a sentence is good"
            )
        }
        return try await PasswordHash(password)
    }

    private func addToken(_ request: Request, _ context: AdminContext) async throws -> AdminAPI.NewToken {
        let asked = try await request.decode(as: AdminAPI.TokenRequest.self, context: context)
        let text = Secret.prefix + Secret.random()
        let now = broker.clock.now()
        let token = AccountBook.Token(
            name: asked.name, sha256: Secret.hash(text), createdAt: now,
            expiresAt: asked.days.map { now + Int64($0) * 86_400 * 1_000_000 })
        _ = try await changeAccount(context, "token \(asked.name) made") { book, name throws(AccessError) in
            try book.addToken(token, to: name)
        }
        return AdminAPI.NewToken(name: asked.name, token: text, expiresAt: token.expiresAt.map(isoTime))
    }

    private func changeAccount(
        _ context: AdminContext, _ what: String, _ account: String? = nil,
        _ change: @Sendable (inout AccountBook, String) throws(AccessError) -> Void
    ) async throws -> AdminAPI.Done {
        let name = account ?? context.parameters.get("account") ?? ""
        do throws(AccessError) {
            // Tried on a copy first: only what can be done is announced in the audit log.
            var trial = accounts.current
            try change(&trial, name)
        } catch {
            throw HTTPError(.conflict, message: error.description)
        }
        try await broker.journal.record([
            .init(.accountChanged, at: broker.clock.now(), actor: context.actor, text: "account \(name) \(what)")
        ])
        broker.events.fire()
        do {
            try accounts.change { book throws(AccessError) in try change(&book, name) }
        } catch let error as AccessError {
            throw HTTPError(.conflict, message: error.description)
        }
        gatekeeper?.signOutEverywhere(name)
        return AdminAPI.Done(done: "account \(name) \(what)")
    }
}

extension AdminAPI.Session {
    init(_ access: Access?) {
        self.init(
            account: access?.actor ?? "", role: access?.role ?? .viewer,
            permissions: (access?.role.permissions ?? []).map(\.rawValue).sorted(), csrf: access?.csrf)
    }
}

extension AdminAPI.Account {
    init(_ account: AccountBook.Account) {
        self.init(
            account: account.name, role: account.role, hasPassword: account.password != nil,
            tokens: account.tokens.map {
                AdminAPI.Token(
                    name: $0.name, createdAt: isoTime($0.createdAt), expiresAt: $0.expiresAt.map(isoTime))
            })
    }
}
