/// How a sender's messages are judged.
public enum Strictness: String, CaseIterable, Hashable, Sendable {
    /// Only what makes a message unusable is an error.
    case lenient
    /// HL7 2.5.1 §2.5.2: a receiver ignores what it did not expect. Such findings are warnings.
    case standard
    /// Conformance checking: every departure from the version's definitions is an error.
    case strict
}

/// How bad a finding is.
public enum Severity: String, CaseIterable, Hashable, Sendable, Comparable {
    case information, warning, error

    public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .information: 0
        case .warning: 1
        case .error: 2
        }
    }
}
