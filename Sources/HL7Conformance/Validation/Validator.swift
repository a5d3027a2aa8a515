public import HL7

/// Checks messages against the definitions of their version. Bad data gives findings, never an error.
///
///     let findings = Validator(strictness: .standard).findings(in: message)
///     Verdict(findings)          // .accept, .error or .reject
///
/// Making one is cheap; keep one for each sender.
public struct Validator: Sendable {
    /// The most findings kept for one message.
    public static let findingsMax = 1_000

    public var strictness: Strictness
    /// The values of MSH-11 that are accepted (table 0103).
    public var processingIDs: Set<String>
    /// Stands for an empty MSH-12, with a warning.
    public var assumedVersion: Version?
    /// Stands for an empty MSH-11, with a warning.
    public var assumedProcessingID: String?
    /// Severities of single rules, where they differ from those of the strictness.
    public var rules: RuleSettings
    /// What is asked of messages beyond their version.
    public var profile: Profile?

    public init(
        strictness: Strictness = .standard, processingIDs: Set<String> = ["P", "T", "D"],
        assumedVersion: Version? = nil, assumedProcessingID: String? = nil, rules: RuleSettings = RuleSettings(),
        profile: Profile? = nil
    ) {
        self.strictness = strictness
        self.processingIDs = processingIDs
        self.assumedVersion = assumedVersion
        self.assumedProcessingID = assumedProcessingID
        self.rules = rules
        self.profile = profile
    }

    /// What is wrong with a message, in the order of the message; structure comes last.
    public func findings(in message: Message) -> [Finding] {
        var report = Report(message: message, strictness: strictness, rules: rules)
        report.profiled = profile.flatMap { $0.plan(for: message.header) }.map { GroupedMessage(message, $0) }
        LayoutRules.check(message, &report)
        guard let header = HeaderRules(self).check(message, &report) else { return report.finished() }
        let set = profile.map { $0.definitions(for: header.version) } ?? Definitions.set(header.version)
        let names = ContentCheck.check(message, set: set, &report)
        profile?.check(message, header.version, &report)
        let structure = report.profiled?.plan.structure ?? header.structure
        if let structure, !FragmentRules.check(message, names, &report) {
            var structureRules = StructureRules(structure: structure, set: set)
            structureRules.check(names, &report)
        }
        return report.finished()
    }
}
