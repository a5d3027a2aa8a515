import HL7

/// The findings of one message while they are collected: at most ``Validator/findingsMax``, errors before others.
struct Report {
    let message: Message
    let strictness: Strictness
    let rules: RuleSettings
    /// What a profile says of the message, in place of its version.
    var profiled: GroupedMessage?
    private(set) var findings: [Finding] = []
    private var leftOut = 0
    /// Below this index every finding may be something other than an error; at or above it all are errors.
    private var replaceable = Validator.findingsMax - 1

    init(message: Message, strictness: Strictness, rules: RuleSettings) {
        self.message = message
        self.strictness = strictness
        self.rules = rules
    }

    /// Adds a finding if its rule is reported at all.
    ///
    /// - Parameter most: the worst severity that may be given, for rules that rest on uncertain definitions.
    mutating func add(
        _ rule: Rule, _ location: @autoclosure () -> Location?, atMost most: Severity = .error,
        _ text: @autoclosure () -> String
    ) {
        let configured = rules.isEmpty ? rule.severity(at: strictness) : severity(of: rule)
        guard let severity = configured.map({ min($0, most) }) else { return }
        if let profiled, profiled.replaces(rule, at: location()) { return }
        if findings.count < Validator.findingsMax - 1 {
            findings.append(Finding(severity: severity, rule: rule, location: location(), text: text()))
            return
        }
        leftOut += 1
        // The list is full: an error takes the place of something less, so that the verdict stays right.
        guard severity == .error else { return }
        while replaceable > 0 {
            replaceable -= 1
            if findings[replaceable].severity < .error {
                findings[replaceable] = Finding(severity: severity, rule: rule, location: location(), text: text())
                return
            }
        }
    }

    private func severity(of rule: Rule) -> Severity? {
        if let level = rules[rule] { return level.severity }
        return rule.severity(at: strictness)
    }

    /// The findings, with a last one that says so if some were left out.
    func finished() -> [Finding] {
        guard leftOut > 0 else { return findings }
        let text = "\(leftOut) more findings were left out; at most \(Validator.findingsMax) are kept"
        return findings + [Finding(severity: .warning, rule: .tooManyFindings, location: nil, text: text)]
    }
}
