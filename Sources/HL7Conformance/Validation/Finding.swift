public import HL7

/// Something wrong with a message: what, where and how bad. Its text quotes no value of the message.
public struct Finding: Hashable, Sendable {
    public var severity: Severity
    public var rule: Rule
    /// nil if it concerns no place in particular.
    public var location: Location?
    /// What was found and what was expected.
    public var text: String

    public init(severity: Severity, rule: Rule, location: Location?, text: String) {
        self.severity = severity
        self.rule = rule
        self.location = location
        self.text = text
    }

    /// The condition code of HL7 table 0357 (ERR-3).
    public var code: Int { rule.code }
    /// It leads to AR and not to AE.
    public var isHeader: Bool { rule.isHeader }
    /// The message is refused whatever the sender's configuration says of content errors.
    public var isAlwaysRefused: Bool { severity == .error && rule.isAlwaysRefused }

    /// The finding of bytes in which no message can be read.
    public init(_ error: ParseError) {
        severity = .error
        switch error.code {
        case .noHeader:
            rule = .unreadable
            location = Location(segment: "MSH")
        case .tooLong, .tooManySegments:
            rule = .unreadable
            location = nil
        }
        text = error.description
    }
}

extension Finding: CustomStringConvertible {
    public var description: String {
        let place = location.map { "\($0): " } ?? ""
        return "\(severity.rawValue) \(code) \(place)\(text) (\(rule.rawValue))"
    }
}

/// What a message's findings amount to in original acknowledgement mode, where content errors are refused.
public enum Verdict: String, CaseIterable, Hashable, Sendable {
    case accept = "AA"
    /// The content has errors.
    case error = "AE"
    /// The header has: the message cannot be processed by anybody.
    case reject = "AR"

    public init(_ findings: some Sequence<Finding>) {
        self = .accept
        for finding in findings where finding.severity == .error {
            if finding.isHeader {
                self = .reject
                return
            }
            self = .error
        }
    }
}

extension Acknowledgment.Problem {
    /// The problem that an acknowledgement reports for a finding.
    public init(_ finding: Finding) {
        let severity: Severity =
            switch finding.severity {
            case .error: .error
            case .warning: .warning
            case .information: .information
            }
        self.init(severity: severity, code: finding.code, location: finding.location, text: finding.text)
    }
}
