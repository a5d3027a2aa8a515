extension Condition {
    /// Why the condition holds for a message or does not: each of its parts, with the values that it saw.
    ///
    ///     PV1-2 in ("I", "E")      no, PV1-2 is "O"
    ///
    /// Every part is looked at, also those that `and` and `or` would not need.
    public func explain(on source: some ValueSource) -> ConditionExplanation { expression.explained(by: source) }
}

/// A part of a condition, whether it held, and why.
public struct ConditionExplanation: Hashable, Sendable {
    /// How a part is made of others.
    public enum Form: String, Hashable, Sendable {
        /// Holds if all parts do.
        case all
        /// Holds if any part does.
        case any
        /// Holds if its only part does not.
        case not
        /// Looks at values.
        case test
    }

    /// What one operand of a test was in the message.
    public struct Operand: Hashable, Sendable {
        /// As written: `PID-3[*].5`, `count(OBX)`.
        public var text: String
        /// Decoded and unescaped, in the order of the message, at most ``valuesMax``; the HL7 null is `""`.
        public var values: [String]
        /// How many there are.
        public var count: Int
        /// What stands there: `value` if there is one, otherwise `null`, `empty` or `absent`.
        public var presence: Presence

        /// How many values are given.
        public static let valuesMax = 20
    }

    public var form: Form
    /// The part as it would be written alone.
    public var text: String
    public var holds: Bool
    /// Of a test: what its paths named. Texts and numbers that the condition states are left out.
    public var operands: [Operand]
    /// Of ``Form/all``, ``Form/any`` and ``Form/not``.
    public var parts: [ConditionExplanation]

    /// The tests that decided it: those that failed of what does not hold, those that held of what does.
    public var deciding: [ConditionExplanation] {
        switch form {
        case .test: [self]
        case .not: parts.flatMap(\.deciding)
        case .all, .any: parts.filter { $0.holds == holds }.flatMap(\.deciding)
        }
    }
}

extension Expression {
    fileprivate func explained(by source: some ValueSource) -> ConditionExplanation {
        func joined(_ form: ConditionExplanation.Form, _ parts: [Expression]) -> ConditionExplanation {
            let parts = parts.map { $0.explained(by: source) }
            let holds = form == .all ? parts.allSatisfy(\.holds) : parts.contains(where: \.holds)
            return ConditionExplanation(form: form, text: "\(self)", holds: holds, operands: [], parts: parts)
        }
        switch self {
        case .and: return joined(.all, conjuncts)
        case .or: return joined(.any, disjuncts)
        case .not(let inner) where !inner.isNegatedInPlace:
            let part = inner.explained(by: source)
            return ConditionExplanation(form: .not, text: "\(self)", holds: !part.holds, operands: [], parts: [part])
        default:
            return ConditionExplanation(
                form: .test, text: "\(self)", holds: holds(for: source),
                operands: operands.compactMap { $0.seen(in: source) }, parts: [])
        }
    }

    /// `a and b and c`, as often as `and` stands there without parentheses.
    private var conjuncts: [Expression] {
        var (parts, rest) = ([Expression](), self)
        while case .and(let left, let right) = rest { (parts, rest) = (parts + [right], left) }
        return [rest] + parts.reversed()
    }

    private var disjuncts: [Expression] {
        var (parts, rest) = ([Expression](), self)
        while case .or(let left, let right) = rest { (parts, rest) = (parts + [right], left) }
        return [rest] + parts.reversed()
    }

    /// What a test compares; the insides of `not` where that is written with the test.
    private var operands: [Operand] {
        switch self {
        case .compare(let left, _, let right): [left, right]
        case .oneOf(let operand, let choices): [operand] + choices
        case .matches(let operand, _): [operand]
        case .valued(let path), .null(let path): [.path(path)]
        case .not(let inner): inner.operands
        case .and, .or: []
        }
    }
}

extension Expression.Operand {
    /// nil for what the condition states itself.
    fileprivate func seen(in source: some ValueSource) -> ConditionExplanation.Operand? {
        switch self {
        case .text, .number: return nil
        case .path(let path):
            let values = source.values(at: path)
            return seen(values.filter { !$0.isEmpty }.map(\.text), of: values)
        case .count(let path):
            return seen(["\(source.values(at: path.countingAll).count { $0.presence == .value })"], of: [])
        case .length(let path):
            let values = source.values(at: path)
            let lengths = values.filter { $0.presence == .value }.map { "\($0.text.unicodeScalars.count)" }
            return seen(lengths, of: values)
        }
    }

    private func seen(_ texts: [String], of values: [Value]) -> ConditionExplanation.Operand {
        let presences = values.map(\.presence)
        let presence: Presence =
            if values.isEmpty {
                texts.isEmpty ? .absent : .value
            } else {
                presences.contains(.value) ? .value : presences.contains(.null) ? .null : .empty
            }
        return ConditionExplanation.Operand(
            text: "\(self)", values: Array(texts.prefix(ConditionExplanation.Operand.valuesMax)), count: texts.count,
            presence: presence)
    }
}
