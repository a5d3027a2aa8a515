/// A condition on a message: the one expression language of routes, maps, edits and profiles.
///
///     MSH-9.1 = "ADT" and PV1-2 in ("I", "E")
///     PID-3[*].5 = "MR" and not null(PID-5)
///     count(OBX) > 0 and OBX[*]-3.1 matches "8480-*"
///     PID-7 < "20080101"
///
/// | form | true if |
/// |---|---|
/// | `a = b`, `a in (b, c)` | a value at `a` equals `b`; with `[*]`, any value does |
/// | `a != b` | exactly `not (a = b)` |
/// | `a < b`, `<=`, `>`, `>=` | dates and times by the precision that both have, and otherwise numbers |
/// | `a matches "glob*"` | `*` stands for any characters, none included |
/// | `a valued`, `a not valued` | neither absent, nor empty, nor the HL7 null |
/// | `null(a)` | the value is exactly `""` |
/// | `count(a)`, `length(a)` | a number: occurrences or repetitions that are valued; characters |
///
/// `OBX-5 > 1500` compares numbers. Where both sides can be times, `PID-7 < "2008"` compares times.
/// Values are compared unescaped and decoded, case-sensitively. What is absent, empty or null equals nothing.
public struct Condition: Hashable, Sendable, CustomStringConvertible {
    /// The condition as written.
    public let description: String
    package let expression: Expression

    /// Compiles a condition.
    ///
    /// - Throws: ``ConditionError`` with the offset of what does not fit.
    public init(_ text: String) throws(ConditionError) {
        var parser = try ConditionParser(text)
        expression = try parser.whole()
        description = text
    }

    /// Whether the condition holds for a message, or for a part of one.
    public func evaluate(on source: some ValueSource) -> Bool { expression.holds(for: source) }

    /// Every path that the condition reads, in the order written.
    public var paths: [Path] { expression.paths }
}

/// Why a text is not a ``Condition``.
public struct ConditionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Bytes from the start of the text.
    public var offset: Int
    /// What was found and what was expected.
    public var text: String

    public init(offset: Int, text: String) {
        self.offset = offset
        self.text = text
    }

    public var description: String { "character \(offset + 1): \(text)" }
}

package indirect enum Expression: Hashable, Sendable {
    package enum Comparison: String, Hashable, Sendable {
        case equal = "="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    package enum Operand: Hashable, Sendable {
        case path(Path)
        case text(Literal)
        case number(Double, written: String)
        case count(Path)
        case length(Path)
    }

    /// A quoted text, with what can be known of it once.
    package struct Literal: Hashable, Sendable {
        package let text: String
        package let utf8: [UInt8]
        let timestamp: Timestamp?
        let number: Double?

        init(_ text: String) {
            self.text = text
            utf8 = Array(text.utf8)
            timestamp = try? Timestamp(text)  // most texts are no times, and that is no error
            number = utf8.numericValue
        }
    }

    case or(Expression, Expression)
    case and(Expression, Expression)
    case not(Expression)
    case compare(Operand, Comparison, Operand)
    case oneOf(Operand, [Operand])
    case matches(Operand, Glob)
    case valued(Path)
    case null(Path)

    package var paths: [Path] {
        func of(_ operand: Operand) -> [Path] {
            switch operand {
            case .path(let path), .count(let path), .length(let path): [path]
            case .text, .number: []
            }
        }
        return switch self {
        case .or(let left, let right), .and(let left, let right): left.paths + right.paths
        case .not(let inner): inner.paths
        case .compare(let left, _, let right): of(left) + of(right)
        case .oneOf(let operand, let choices): of(operand) + choices.flatMap(of)
        case .matches(let operand, _): of(operand)
        case .valued(let path), .null(let path): [path]
        }
    }
}

/// A pattern in which `*` stands for any characters, none included.
package struct Glob: Hashable, Sendable {
    private let parts: [[UInt8]]

    init(_ pattern: String) {
        parts = pattern.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
    }

    /// As written.
    var pattern: String { parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "*") }

    package func matches(_ text: some Collection<UInt8>) -> Bool {
        guard let first = parts.first, let last = parts.last else { return text.isEmpty }
        if parts.count == 1 { return text.elementsEqual(first) }
        let text = Array(text)
        guard text.count >= first.count + last.count, text.starts(with: first),
            text.suffix(last.count).elementsEqual(last)
        else { return false }
        var position = first.count
        let end = text.count - last.count
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard part.count <= end - position,
                let found = (position...(end - part.count)).first(where: { text[$0..<$0 + part.count] == part[...] })
            else { return false }
            position = found + part.count
        }
        return true
    }
}
