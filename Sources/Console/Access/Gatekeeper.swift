import Auditing
import Broker
import Journaling
import Synchronization

/// Decides who a request over HTTPS comes from: a token, a signed-in browser, or nobody.
final class Gatekeeper: Sendable {
    let accounts: AccountStore
    private let broker: Broker
    private let sessions = Mutex(Sessions())
    private let throttle = Mutex(LoginThrottle())
    /// What an unknown name is compared with, so that the answer takes as long as for a known one.
    private let decoy: PasswordHash

    init(broker: Broker, accounts: AccountStore) async throws {
        self.broker = broker
        self.accounts = accounts
        decoy = try await PasswordHash(Secret.random())
    }

    /// Makes the account `admin` with a token that does not come again, if there is no account at all.
    ///
    /// - Returns: the token, to be shown once.
    func firstToken() async throws -> String? {
        guard accounts.current.accounts.isEmpty else { return nil }
        let text = Secret.prefix + Secret.random()
        let token = AccountBook.Token(name: "first", sha256: Secret.hash(text), createdAt: broker.clock.now())
        try await record("account admin made with its first token", actor: "broker")
        try accounts.change { book throws(AccessError) in
            try book.add("admin", role: .admin)
            try book.addToken(token, to: "admin")
        }
        return text
    }

    // MARK: Requests

    func access(token: String) -> Access? {
        accounts.current.account(forToken: token, at: broker.clock.now()).map {
            Access(actor: $0.name, role: $0.role)
        }
    }

    /// - Parameter isUse: keeps the session alive.
    func access(cookie: String, isUse: Bool = true) -> Access? {
        guard let session = sessions.withLock({ $0.account(cookie, at: broker.clock.now(), isUse: isUse) }),
            let account = accounts.current[session.account]
        else { return nil }
        return Access(actor: account.name, role: account.role, csrf: session.csrf)
    }

    // MARK: Signing in

    enum SignIn: Sendable {
        case done(cookie: String, Access)
        case refused
        /// Too many failures: how many seconds to wait.
        case wait(Int)
    }

    func signIn(account name: String, password: String, from address: String) async throws -> SignIn {
        let keys = LoginThrottle.keys(account: name, address: address)
        if let wait = waiting(keys) { return .wait(wait) }
        let account = accounts.current[name]
        let isRight = await (account?.password ?? decoy).matches(password)
        guard let account, account.password != nil, isRight else { return try await refused(keys, name, address) }
        return try await begin(account, keys, address)
    }

    /// Signs a browser in with a token: the first one, before there is a password.
    func signIn(token: String, from address: String) async throws -> SignIn {
        let keys = LoginThrottle.keys(account: "", address: address)
        if let wait = waiting(keys) { return .wait(wait) }
        guard let account = accounts.current.account(forToken: token, at: broker.clock.now()) else {
            return try await refused(keys, "a token", address)
        }
        return try await begin(account, keys, address)
    }

    func signOut(_ cookie: String) {
        sessions.withLock { $0.end(cookie) }
        broker.accessDidChange()
    }

    /// After a change of password, role or existence.
    func signOutEverywhere(_ account: String) {
        sessions.withLock { $0.endAll(of: account) }
        broker.accessDidChange()
    }

    private func waiting(_ keys: [String]) -> Int? {
        let wait = throttle.withLock { $0.wait(keys, at: broker.clock.now()) }
        return wait > 0 ? Int((wait + 999_999) / 1_000_000) : nil
    }

    private func refused(_ keys: [String], _ name: String, _ address: String) async throws -> SignIn {
        throttle.withLock { $0.failed(keys, at: broker.clock.now()) }
        let known = accounts.current[name] == nil ? "an unknown name" : name
        try await record("sign-in refused for \(known) from \(address)", actor: "broker", .signInRefused)
        return .refused
    }

    private func begin(_ account: AccountBook.Account, _ keys: [String], _ address: String) async throws -> SignIn {
        throttle.withLock { $0.succeeded(keys) }
        try await record("from \(address)", actor: account.name, .signedIn)
        let session = sessions.withLock { $0.begin(account.name, at: broker.clock.now()) }
        return .done(
            cookie: session.cookie, Access(actor: account.name, role: account.role, csrf: session.csrf))
    }

    /// Every change of who may do what is in the audit log before it is made.
    func record(_ text: String, actor: String, _ kind: AuditEvent.Kind = .accountChanged) async throws {
        try await broker.journal.record([AuditEvent(kind, at: broker.clock.now(), actor: actor, text: text)])
        broker.events.fire()
    }
}

extension AuditEvent.Kind {
    static let accountChanged: Self = "account.changed"
    static let signedIn: Self = "account.signed-in"
    static let signInRefused: Self = "account.refused"
}
