/// What the pages of the console show beyond the values that the command line prints.
extension AdminAPI {
    /// `GET wall`
    package struct Wall: Codable, Sendable {
        package var at: String
        package var messagesLastMinute: Int
        package var entries: [WallEntry]
    }

    /// A provider that sends, or an endpoint that receives.
    package struct WallEntry: Codable, Sendable {
        package var name: String
        /// `provider` or `endpoint`
        package var kind: String
        /// `running` or `paused`; for providers `sending` or `silent`
        package var state: String
        package var reason: String?
        package var queued: Int?
        package var held: Int?
        package var oldestSeconds: Int?
        package var lastSuccess: String?
        package var lastMinute: Int
        package var failures: Int
        /// Counts of the last 24 hours in 96 parts, oldest first; on request.
        package var spark: [Int]?
    }

    /// `GET endpoints/{endpoint}/deliveries`: one that is not settled.
    package struct Waiting: Codable, Sendable {
        package var seq: Int64
        package var state: String
        package var attempts: Int
        package var nextTry: String?
        package var reason: String?
    }

    /// `GET providers`
    package struct Participants: Codable, Sendable {
        package var providers: [Participant]
        package var listeners: [Listener]
        package var certificates: [Certificate]
    }

    package struct Participant: Codable, Sendable {
        package var provider: String
        package var name: String?
        /// How it is recognised, one line each.
        package var sends: [String]
        package var endpoints: [Address]
    }

    package struct Address: Codable, Sendable {
        package var endpoint: String
        package var address: String
    }

    package struct Certificate: Codable, Sendable {
        package var file: String
        package var usedBy: [String]
        /// nil: the file cannot be read.
        package var daysLeft: Int?
    }

    /// `GET configuration`
    package struct RunningConfiguration: Codable, Sendable {
        package var hash: String
        package var folder: String
        package var files: [File]
        package var disk: DiskConfiguration
    }

    package struct File: Codable, Sendable {
        package var file: String
        package var bytes: Int
    }

    /// The folder as it is now.
    package struct DiskConfiguration: Codable, Sendable {
        /// nil: it has mistakes.
        package var hash: String?
        package var changes: [FileChange]
        package var findings: [FolderFinding]
    }

    package struct FileChange: Codable, Sendable {
        package var file: String
        /// `new`, `changed` or `gone`
        package var change: String
    }

    package struct FolderFinding: Codable, Sendable {
        package var severity: String
        /// `routes/all.yaml:3`
        package var place: String
        package var text: String
    }

    /// `GET audit/events`
    package struct Event: Codable, Sendable {
        package var event: Int64
        package var at: String
        package var kind: String
        package var actor: String
        package var seq: Int64?
        package var provider: String?
        package var endpoint: String?
        package var text: String?
        /// Keyed references, 16 hexadecimal digits each: the same patient has the same one.
        package var patients: [String]
    }

    /// `POST audit/verify`
    package struct Verification: Codable, Sendable {
        package var isIntact: Bool
        package var text: String
    }
}
