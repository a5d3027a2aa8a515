extension AdminAPI {
    /// `GET session`: who the asker is.
    package struct Session: Codable, Sendable {
        package var account: String
        package var role: Role
        package var permissions: [String]
        /// What a browser must repeat as `X-CSRF-Token` to change something.
        package var csrf: String?
    }

    /// `POST session`: an account with its password, or a token.
    package struct SignIn: Codable, Sendable {
        package var account: String?
        package var password: String?
        package var token: String?
    }

    /// `GET accounts`
    package struct Account: Codable, Sendable {
        package var account: String
        package var role: Role
        package var hasPassword: Bool
        package var tokens: [Token]
    }

    package struct Token: Codable, Sendable {
        package var name: String
        package var createdAt: String
        package var expiresAt: String?
    }

    /// `POST accounts`, `PUT accounts/{account}`
    package struct AccountChange: Codable, Sendable {
        package var account: String?
        package var role: Role?
        package var password: String?

        package init(account: String? = nil, role: Role? = nil, password: String? = nil) {
            self.account = account
            self.role = role
            self.password = password
        }
    }

    /// `POST accounts/{account}/tokens`
    package struct TokenRequest: Codable, Sendable {
        package var name: String
        /// nil: does not expire.
        package var days: Int?

        package init(name: String, days: Int? = nil) {
            self.name = name
            self.days = days
        }
    }

    /// The only time that a token is shown.
    package struct NewToken: Codable, Sendable {
        package var name: String
        package var token: String
        package var expiresAt: String?
    }
}
