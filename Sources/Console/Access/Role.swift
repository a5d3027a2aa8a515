/// What somebody may do in the console and over the admin API.
package enum Role: String, Codable, CaseIterable, Sendable {
    /// Sees everything but patient data.
    case viewer
    /// Also reads messages, and holds, releases, skips, resends, pauses and resumes.
    case `operator`
    /// Reads messages and the audit log; changes nothing.
    case privacy
    /// Everything, accounts included.
    case admin

    package var permissions: Set<Permission> {
        switch self {
        case .viewer: [.read]
        case .operator: [.read, .patients, .change]
        case .privacy: [.read, .patients, .audit]
        case .admin: Set(Permission.allCases)
        }
    }
}

/// What a request needs.
package enum Permission: String, CaseIterable, Sendable {
    /// States, counts, the routing log: nothing about patients.
    case read
    /// What is in messages. Each reading is an audit event.
    case patients
    /// Deliveries, endpoints, the configuration.
    case change
    /// Audit events with the patients they are about, proofs.
    case audit
    /// Who may sign in.
    case accounts
}

/// Who sends a request, and as what.
package struct Access: Hashable, Sendable {
    /// `uid:1000` on the socket, the account's name over HTTPS: who an audit event says it was.
    package var actor: String
    package var role: Role
    /// Of a signed-in browser: the text that requests which change something must repeat.
    package var csrf: String?

    package init(actor: String, role: Role, csrf: String? = nil) {
        self.actor = actor
        self.role = role
        self.csrf = csrf
    }
}
