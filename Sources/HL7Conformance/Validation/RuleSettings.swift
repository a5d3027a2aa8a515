/// What a site says about single rules, whatever the strictness: rule name → level.
///
///     var rules = RuleSettings()
///     rules[.fieldLength] = .off
///     rules[.userTable] = .error
///     let validator = Validator(strictness: .standard, rules: rules)
///
/// A level for a rule that is fixed (``Rule/isFixed``) has no effect.
public struct RuleSettings: Hashable, Sendable {
    /// How bad a finding is made, or that it is not reported.
    public enum Level: String, CaseIterable, Hashable, Sendable {
        case error, warning, information, off

        /// nil: not reported.
        public var severity: Severity? { self == .off ? nil : Severity(rawValue: rawValue) }
    }

    private var levels: [Rule: Level] = [:]

    public init() {}

    /// The level of a rule; nil: the one that the strictness gives.
    public subscript(rule: Rule) -> Level? {
        get { levels[rule] }
        set { levels[rule] = rule.isFixed ? nil : newValue }
    }

    public var isEmpty: Bool { levels.isEmpty }

    /// The rules that have a level, by name.
    public var rules: [Rule] { levels.keys.sorted { $0.rawValue < $1.rawValue } }
}
