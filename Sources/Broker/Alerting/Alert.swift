package import Interfaces

/// Something that a person should look at: open from the moment that it was found until it is over.
package struct Alert: Hashable, Codable, Sendable {
    package enum Severity: String, CaseIterable, Codable, Hashable, Sendable {
        case notice, warning, critical
    }

    /// Who has it in hand.
    package struct Acknowledgement: Hashable, Codable, Sendable {
        package var actor: String
        /// Microseconds since 1970-01-01 UTC.
        package var at: Int64
        package var reason: String
    }

    package var id: AlertID
    /// From 0; it only rises while the alert is open. See ``AlertRules``.
    package var level: Int
    package var severity: Severity
    /// Numbers and names: never patient data.
    package var text: String
    /// Microseconds since 1970-01-01 UTC.
    package var openedAt: Int64
    package var acknowledged: Acknowledgement?
    /// The level that people were told of; nil: they were not told.
    package var toldLevel: Int?

    package init(id: AlertID, level: Int, severity: Severity, text: String, openedAt: Int64) {
        self.id = id
        self.level = level
        self.severity = severity
        self.text = text
        self.openedAt = openedAt
    }
}

/// What an alert is about, and of whom: `queueDepth:lakeside-clinic.inbox`.
package struct AlertID: Hashable, Codable, Sendable, CustomStringConvertible {
    package var kind: AlertKind
    /// An endpoint, a provider, a file; empty if it is about the broker.
    package var subject: String

    package init(_ kind: AlertKind, _ subject: String = "") {
        self.kind = kind
        self.subject = subject
    }

    /// - Returns: nil if the text is no id; it comes from outside.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let kind = AlertKind(rawValue: String(parts[0])),
            let subject = String(parts[1]).removingEscapes
        else { return nil }
        self.init(kind, subject)
    }

    /// Without white space and slashes, so that it can stand in a path, in a shell and before a text.
    package var description: String { "\(kind.rawValue):\(subject.escapingSpecials)" }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = AlertID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not the id of an alert")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension String {
    /// Bytes other than letters, digits and `-._` as `=2F`: no character that URLs or shells give a meaning.
    fileprivate var escapingSpecials: String {
        utf8.map { byte in
            let scalar = Character(UnicodeScalar(byte))
            if byte < 0x80, scalar.isLetter || scalar.isNumber || "-._".contains(scalar) { return String(scalar) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "=" + (digits.count < 2 ? "0" : "") + digits
        }.joined()
    }

    fileprivate var removingEscapes: String? {
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "=") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// What happens to alerts: each is an audit event, and what the book knows follows from them.
package struct AlertChange: Hashable, Codable, Sendable {
    package enum Verb: Hashable, Codable, Sendable {
        case opened(level: Int, text: String)
        /// It got more serious.
        case raised(level: Int, text: String)
        case closed
        case acknowledged(reason: String)
        /// Nobody is told until then, microseconds since 1970-01-01 UTC; a time that has passed ends it.
        case silenced(until: Int64, reason: String)
    }

    package var id: AlertID
    package var verb: Verb
    /// Microseconds since 1970-01-01 UTC.
    package var at: Int64
    package var actor: String

    package init(_ id: AlertID, _ verb: Verb, at: Int64, actor: String = "broker") {
        self.id = id
        self.verb = verb
        self.at = at
        self.actor = actor
    }
}
