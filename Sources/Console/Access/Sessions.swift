/// Browsers that are signed in. In memory: a restart signs everybody out.
struct Sessions: Sendable {
    private struct Session {
        var account: String
        var csrf: String
        var lastUsed: Int64
        var began: Int64
    }

    /// By the SHA-256 of the cookie's value.
    private var sessions: [String: Session] = [:]

    /// Without a request for this long, in microseconds, a session ends.
    static let idleMax: Int64 = 30 * 60 * 1_000_000
    /// And at the latest after this.
    static let ageMax: Int64 = 12 * 3_600 * 1_000_000
    private static let countMax = 1_000

    /// - Returns: the cookie's value, which is kept nowhere, and the text against forged requests.
    mutating func begin(_ account: String, at now: Int64) -> (cookie: String, csrf: String) {
        sessions = sessions.filter { !Self.isOver($0.value, at: now) }
        if sessions.count >= Self.countMax, let oldest = sessions.min(by: { $0.value.lastUsed < $1.value.lastUsed }) {
            sessions[oldest.key] = nil
        }
        let (cookie, csrf) = (Secret.random(), Secret.random())
        sessions[Secret.hash(cookie)] = Session(account: account, csrf: csrf, lastUsed: now, began: now)
        return (cookie, csrf)
    }

    /// Whose session this is; nil if it is over. Using it keeps it alive.
    mutating func account(
        _ cookie: String, at now: Int64, isUse: Bool = true
    ) -> (account: String, csrf: String)? {
        let key = Secret.hash(cookie)
        guard var session = sessions[key] else { return nil }
        guard !Self.isOver(session, at: now) else {
            sessions[key] = nil
            return nil
        }
        if isUse { session.lastUsed = now }
        sessions[key] = session
        return (session.account, session.csrf)
    }

    mutating func end(_ cookie: String) { sessions[Secret.hash(cookie)] = nil }

    /// Signs an account out everywhere: its password changed, or it is gone.
    mutating func endAll(of account: String) { sessions = sessions.filter { $0.value.account != account } }

    private static func isOver(_ session: Session, at now: Int64) -> Bool {
        now - session.lastUsed > idleMax || now - session.began > ageMax
    }
}
