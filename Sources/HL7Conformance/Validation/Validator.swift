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

    public init(
        strictness: Strictness = .standard, processingIDs: Set<String> = ["P", "T", "D"],
        assumedVersion: Version? = nil, assumedProcessingID: String? = nil, rules: RuleSettings = RuleSettings()
    ) {
        self.strictness = strictness
        self.processingIDs = processingIDs
        self.assumedVersion = assumedVersion
        self.assumedProcessingID = assumedProcessingID
        self.rules = rules
    }

    /// What is wrong with a message, in the order of the message; structure comes last.
    public func findings(in message: Message) -> [Finding] {
        var report = Report(message: message, strictness: strictness, rules: rules)
        LayoutRules.check(message, &report)
        guard let header = HeaderRules(self).check(message, &report) else { return report.finished() }
        var content = ContentCheck(message, version: header.version, report)
        content.check()
        report = content.report
        if let structure = header.structure {
            var structureRules = StructureRules(structure: structure, set: content.set)
            structureRules.check(content.segmentNames, &report)
        }
        return report.finished()
    }
}
