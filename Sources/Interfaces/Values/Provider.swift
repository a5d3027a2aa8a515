package import HL7
package import HL7Conformance

/// A participant of the exchange: what it sends and where it receives.
package struct Provider: Hashable, Sendable {
    package var name: String
    /// For people; the name where the file gives none.
    package var title: String
    package var senders: [SenderRule]
    package var endpoints: [Endpoint]

    package init(name: String, title: String? = nil, senders: [SenderRule] = [], endpoints: [Endpoint] = []) {
        self.name = name
        self.title = title ?? name
        self.senders = senders
        self.endpoints = endpoints
    }
}

/// How one kind of message of a provider is recognised, and how it is treated.
package struct SenderRule: Hashable, Sendable {
    /// What content errors lead to.
    package enum OnError: String, CaseIterable, Hashable, Sendable {
        /// `AA`, findings kept.
        case forward
        /// `AA`, kept for a person.
        case hold
        /// `AE`.
        case refuse
    }

    /// What the same MSH-10 with other bytes leads to.
    package enum DuplicateID: String, CaseIterable, Hashable, Sendable { case accept, hold, refuse }

    package enum AckMode: String, CaseIterable, Hashable, Sendable { case auto, original, enhanced, none }

    /// What fills an empty MSH-12 and MSH-11, with a warning.
    package struct Assumptions: Hashable, Sendable {
        package var version: String?
        package var processingID: String?

        package init(version: String? = nil, processingID: String? = nil) {
            self.version = version
            self.processingID = processingID
        }
    }

    /// MSH-3.1; nil: any.
    package var application: String?
    /// MSH-4.1; nil: any.
    package var facility: String?
    /// DNS names of the client certificate, in lower case; empty: none needed.
    package var certificates: [String] = []
    /// nil: any.
    package var listener: String?
    /// nil: all.
    package var messages: [MessagePattern]?
    package var strictness = Strictness.standard
    package var onError = OnError.forward
    /// The name of a profile.
    package var profile: String?
    /// Severities of single rules, where they differ from those of the strictness.
    package var rules = RuleSettings()
    /// When MSH-18 is silent.
    package var charset: Charset?
    /// When a time has no offset; nil: the file does not say.
    package var timezone: TimeZoneSetting?
    /// Which of several identifiers identifies a patient in FHIR: CX.5 codes, best first; nil: the usual order.
    package var identifiers: [String]?
    package var assume = Assumptions()
    /// MSH-11 values accepted; nil: the broker's.
    package var processing: [String]?
    package var duplicateID = DuplicateID.accept
    package var ackMode = AckMode.auto
    /// The endpoint for application acknowledgements; nil: the connection that the message came on.
    package var ackTo: String?

    package init() {}

    /// Whether messages of a type may come from this sender.
    package func allows(code: String, event: String) -> Bool {
        messages?.contains { $0.matches(code: code, event: event) } ?? true
    }
}

/// A message type: `ADT`, or with its event `ORU^R01`.
package struct MessagePattern: Hashable, Sendable, CustomStringConvertible {
    package var code: String
    /// nil: any.
    package var event: String?

    package init(code: String, event: String? = nil) {
        self.code = code
        self.event = event
    }

    package func matches(code: String, event: String) -> Bool {
        code == self.code && (self.event.map { $0 == event } ?? true)
    }

    package var description: String { event.map { "\(code)^\($0)" } ?? code }
}

/// What `timezone:` says about times without an offset.
package enum TimeZoneSetting: Hashable, Sendable {
    case named(NamedTimeZone)
    /// Said to be unknown: such times lose what depends on it.
    case none
}
