public import FHIR

/// How messages of one sender become bundles for one receiver.
public struct MappingOptions: Sendable {
    /// Who decides on the logical ids of resources.
    public enum IDs: String, Hashable, Sendable, CaseIterable {
        /// We do: `PUT Type/id`.
        case ours
        /// The receiving server does: conditional `PUT Type?identifier=…`.
        case theirs
    }

    /// What becomes of resources that a server has already.
    public enum Updates: String, Hashable, Sendable, CaseIterable {
        /// They are written as a whole.
        case put
        /// A08, A31 and HL7 nulls change what the message states: ``Mapped/changes``. In transactions only.
        case patch
    }

    /// The broker's name, for `$broker` in maps.
    public var broker: String
    /// For times without an offset. Without a rule no zone is invented: a time becomes a date, an instant is left out.
    public var timeZone: (any TimeZoneRule)?
    /// A message that needs the exact time of something, such as a booked appointment, and has it without an offset is
    /// refused where no zone is known; otherwise it becomes what can be said without (an appointment that is proposed).
    public var needsZones: Bool
    /// Under which the sender's own names (assigning authorities, local codes) are; by default MSH-4.1, else MSH-3.1.
    public var senderNamespace: String?
    public var ids: IDs
    public var updates: Updates
    public var bundle: FHIRBundle.Kind
    /// Which of several identifiers identifies a patient: CX.5 codes (HL7 table 0203), best first.
    public var identifierPriority: [String]
    /// Part of the audit trail: `$maps` is followed by it.
    public var configurationHash: String
    /// Of one message.
    public var resourcesMax: Int
    /// Record which row wrote what, for ``Mapped/explanation``.
    public var explains: Bool

    /// Types of identifiers that identify a patient, best first, where nothing else is said.
    public static let identifierPriority = ["MR", "PI", "MRN", "PT", "PN", "NI", "SS"]

    public init(
        broker: String = "wardline", timeZone: (any TimeZoneRule)? = nil, needsZones: Bool = false,
        senderNamespace: String? = nil,
        ids: IDs = .ours, updates: Updates = .put, bundle: FHIRBundle.Kind = .transaction,
        identifierPriority: [String] = MappingOptions.identifierPriority, configurationHash: String = "",
        resourcesMax: Int = 20_000, explains: Bool = false
    ) {
        self.broker = broker
        self.timeZone = timeZone
        self.needsZones = needsZones
        self.senderNamespace = senderNamespace
        self.ids = ids
        self.updates = updates
        self.bundle = bundle
        self.identifierPriority = identifierPriority
        self.configurationHash = configurationHash
        self.resourcesMax = resourcesMax
        self.explains = explains
    }
}
