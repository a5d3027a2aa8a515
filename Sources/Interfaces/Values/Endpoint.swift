package import HL7

/// Where a provider receives.
package struct Endpoint: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// HL7 v2 over MLLP; `tls` nil: plaintext.
        case mllp(host: String, port: Int, tls: TLSClientSettings?)
        /// FHIR over HTTP; `tls` nil: the URL is plain `http`, or HTTPS with the system's authorities.
        case fhir(url: String, tls: TLSClientSettings?, auth: EndpointAuth)
        /// Files in a folder, given by its absolute path.
        case folder(path: String, format: FolderFormat)
    }

    package enum FolderFormat: String, CaseIterable, Hashable, Sendable {
        /// The message as sent.
        case hl7
        /// A FHIR bundle.
        case fhir
    }

    package enum Order: String, CaseIterable, Hashable, Sendable {
        case patient, strict, none
    }

    /// What the outgoing copy's MSH-15 and MSH-16 ask for.
    package enum AckMode: String, CaseIterable, Hashable, Sendable {
        /// Both are emptied.
        case original
        /// `AL` and `NE`: a commit answer.
        case enhanced
        /// `NE` and `NE`; written is delivered.
        case none
        case asSent
    }

    package enum BundleType: String, CaseIterable, Hashable, Sendable {
        case transaction, batch, collection, message
    }

    package enum IDs: String, CaseIterable, Hashable, Sendable {
        /// `PUT Type/id`.
        case ours
        /// Conditional `PUT` by identifier.
        case theirs
    }

    package enum Updates: String, CaseIterable, Hashable, Sendable {
        case put
        /// A08, A31 and v2 nulls as FHIRPath Patch.
        case patch
    }

    /// `provider.endpoint`.
    package var name: String
    package var kind: Kind
    /// Other addresses of the same receiver over MLLP, used in this order while the first cannot be reached.
    package var failover: [BindAddress] = []
    package var connections = 1
    package var order = Order.patient
    /// The longest wait for an answer, or for an HTTP response.
    package var ackTimeout = Duration.seconds(30)
    package var connectTimeout = Duration.seconds(10)
    package var retry = RetryPolicy()
    /// What the file says; ``action(for:errorCodes:)`` has the defaults too.
    package var actions: [Acknowledgment.Code: AnswerAction] = [:]
    /// The same for what is no answer to the message; left out: it is tried again, for ever.
    package var unanswered: [UnusableAnswer: AnswerAction] = [:]
    /// Attempts in a second at most; nil: as many as the receiver takes.
    package var rate: Double?
    /// Deliveries that wait longer than this are overdue, and an alert; nil: as `alerts:` says for all.
    package var maxAge: Duration?
    /// Failures to connect, one after another, from which on one delivery at a time tries.
    package var breaker = 5
    /// When nothing is sent, every day.
    package var pauseWindow: DailyWindow?
    package var ackMode = AckMode.original
    /// The character set to re-encode to; nil: as sent.
    package var charset: Charset?
    /// The bytes sent are kept in the journal.
    package var keepsSent = false
    /// Run in order, on a copy.
    package var edits: [EditStep] = []
    package var bundle = BundleType.transaction
    package var ids = IDs.ours
    package var updates = Updates.put
    /// Bundles are checked against R4 before they are sent.
    package var checksBundles = false

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }

    /// What it receives is FHIR.
    package var isFHIR: Bool {
        switch kind {
        case .fhir, .folder(_, .fhir): true
        case .mllp, .folder(_, .hl7): false
        }
    }

    /// What it leads to that the receiver's answer is none to the message, or that there is none: the message may or may
    /// not have arrived.
    package func action(for answer: UnusableAnswer) -> AnswerAction { unanswered[answer] ?? .retry }

    /// What an answer leads to.
    ///
    /// - Parameter errorCodes: the codes of ERR-3 (or ERR-1.4). An `AR` that says 206 (locked) or 207 (application
    ///   error) is tried again unless `actions:` says otherwise.
    package func action(for code: Acknowledgment.Code, errorCodes: [Int]) -> AnswerAction {
        if let action = actions[code] { return action }
        return switch code {
        case .aa, .ca: .done
        case .ae, .cr: .hold
        case .ar: errorCodes.contains(206) || errorCodes.contains(207) ? .retry : .hold
        case .ce: .retryThenHold(5)
        }
    }
}

/// What is no acknowledgement of a message that was sent.
package enum UnusableAnswer: String, CaseIterable, Hashable, Sendable {
    /// Nothing in time, or the connection closed.
    case none
    /// Bytes that are no acknowledgement, or only a part of one.
    case garbage
    /// An acknowledgement whose MSA-2 is not the message's MSH-10.
    case other
}

/// What an answer leads to.
package enum AnswerAction: Hashable, Sendable {
    case done
    /// For ever.
    case retry
    case hold
    /// Tried again so many times.
    case retryThenHold(Int)
}

/// The waits between tries: `first`, then `factor` times as long up to `longest`, for ever.
package struct RetryPolicy: Hashable, Sendable {
    package var first = Duration.seconds(1)
    package var factor = 2.0
    package var longest = Duration.seconds(300)

    package init() {}
}

/// TLS of a client. Absolute paths of PEM files.
package struct TLSClientSettings: Hashable, Sendable {
    /// Authorities that sign the server's certificate; nil: the system's.
    package var authorities: String?
    /// Our own certificate and its key, both or neither.
    package var certificate: String?
    package var key: String?
    /// The name that the server's certificate must have; nil: the host of the address.
    package var serverName: String?

    package init(
        authorities: String? = nil, certificate: String? = nil, key: String? = nil, serverName: String? = nil
    ) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        self.serverName = serverName
    }
}

/// How a FHIR endpoint knows us. Secrets are files, given by absolute paths, and never in the interfaces folder.
package enum EndpointAuth: Hashable, Sendable {
    case none
    /// The file holds the token.
    case bearer(file: String)
    /// The file holds `user:password`.
    case basic(file: String)
    /// SMART Backend Services: an assertion signed with the key in the file is exchanged for a token. `keyID` nil: the
    /// thumbprint of the key.
    case oauth2(token: String, client: String, keyFile: String, scope: String, keyID: String? = nil)
}
