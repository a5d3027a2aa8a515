/// Who may sign in, and with what: the content of `accounts.json`.
struct AccountBook: Codable, Sendable {
    private(set) var accounts: [Account] = []

    struct Account: Codable, Sendable {
        var name: String
        var role: Role
        /// nil: only with a token.
        var password: PasswordHash?
        var tokens: [Token] = []
    }

    struct Token: Codable, Sendable {
        /// What it is for: `grafana`.
        var name: String
        var sha256: String
        /// Microseconds since 1970 UTC.
        var createdAt: Int64
        /// nil: never.
        var expiresAt: Int64?
    }

    subscript(_ name: String) -> Account? { accounts.first { $0.name == name } }

    /// - Throws: ``AccessError`` for a name that is taken or is none.
    mutating func add(_ name: String, role: Role) throws(AccessError) {
        guard Self.isName(name) else {
            throw AccessError("\"\(name)\" is no account name; write up to 64 letters, digits, . _ - or @")
        }
        guard self[name] == nil else { throw AccessError("there is an account \(name) already") }
        accounts.append(Account(name: name, role: role))
        accounts.sort { $0.name < $1.name }
    }

    /// - Throws: ``AccessError`` if that would leave nobody who can change accounts over HTTPS.
    mutating func remove(_ name: String) throws(AccessError) {
        let index = try index(of: name)
        try keepAdmin(without: name)
        accounts.remove(at: index)
    }

    mutating func setRole(_ role: Role, of name: String) throws(AccessError) {
        let index = try index(of: name)
        if role != .admin { try keepAdmin(without: name) }
        accounts[index].role = role
    }

    mutating func setPassword(_ password: PasswordHash, of name: String) throws(AccessError) {
        accounts[try index(of: name)].password = password
    }

    mutating func addToken(_ token: Token, to name: String) throws(AccessError) {
        let index = try index(of: name)
        guard !accounts[index].tokens.contains(where: { $0.name == token.name }) else {
            throw AccessError("\(name) has a token \(token.name) already; remove that one first")
        }
        accounts[index].tokens.append(token)
    }

    mutating func removeToken(_ token: String, of name: String) throws(AccessError) {
        let index = try index(of: name)
        guard let place = accounts[index].tokens.firstIndex(where: { $0.name == token }) else {
            throw AccessError("\(name) has no token \(token)")
        }
        accounts[index].tokens.remove(at: place)
    }

    /// The account whose token this is, if it has not expired.
    func account(forToken text: String, at now: Int64) -> Account? {
        let hash = Secret.hash(text)
        return accounts.first { account in
            account.tokens.contains { token in
                isEqual(token.sha256.utf8, hash.utf8) && token.expiresAt.map { now < $0 } != false
            }
        }
    }

    private func index(of name: String) throws(AccessError) -> Int {
        guard let index = accounts.firstIndex(where: { $0.name == name }) else {
            throw AccessError("there is no account \(name)")
        }
        return index
    }

    private func keepAdmin(without name: String) throws(AccessError) {
        guard self[name]?.role == .admin else { return }
        guard accounts.contains(where: { $0.role == .admin && $0.name != name }) else {
            throw AccessError("\(name) is the last admin; make another one first")
        }
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
                    UInt8(ascii: "@"):
                    true
                default: false
                }
            }
    }
}

/// Why an account cannot be used or changed.
package struct AccessError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
