/// Conditions as they would be written: what is compiled from the text means the same.
extension Expression: CustomStringConvertible {
    package var description: String {
        switch self {
        case .or(let left, let right): "\(left) or \(right.inside(.or))"
        case .and(let left, let right): "\(left.inside(.and)) and \(right.inside(.not))"
        case .not(.compare(let left, .equal, let right)): "\(left) != \(right)"
        case .not(.oneOf(let operand, let choices)): "\(operand) not in (\(Self.list(choices)))"
        case .not(.matches(let operand, let glob)): "\(operand) not matches \(Self.quoted(glob.pattern))"
        case .not(.valued(let path)): "\(path) not valued"
        case .not(let inner): "not \(inner.inside(.not))"
        case .compare(let left, let comparison, let right): "\(left) \(comparison.rawValue) \(right)"
        case .oneOf(let operand, let choices): "\(operand) in (\(Self.list(choices)))"
        case .matches(let operand, let glob): "\(operand) matches \(Self.quoted(glob.pattern))"
        case .valued(let path): "\(path) valued"
        case .null(let path): "null(\(path))"
        }
    }

    /// `!=`, `not in`, `not matches` and `not valued` are one test.
    var isNegatedInPlace: Bool {
        switch self {
        case .compare(_, .equal, _), .oneOf, .matches, .valued: true
        case .compare, .null, .and, .or, .not: false
        }
    }

    /// How closely an operator binds.
    private enum Binding: Int { case or, and, not, test }

    private var binding: Binding {
        switch self {
        case .or: .or
        case .and: .and
        case .not(let inner): inner.isNegatedInPlace ? .test : .not
        default: .test
        }
    }

    /// The text as a part of something that binds so, in parentheses if need be.
    private func inside(_ outer: Binding) -> String {
        // `a or (b or c)` keeps its parentheses: the right side of an operator binds closer than the operator.
        let needs = outer == .or ? binding == .or : binding.rawValue < outer.rawValue
        return needs ? "(\(self))" : "\(self)"
    }

    private static func list(_ operands: [Operand]) -> String {
        operands.map(\.description).joined(separator: ", ")
    }

    /// In quotes, with `"` and `\` escaped.
    fileprivate static func quoted(_ text: String) -> String {
        var quoted = "\""
        for character in text.unicodeScalars {
            if character == "\"" || character == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "\""
    }
}

extension Expression.Operand: CustomStringConvertible {
    package var description: String {
        switch self {
        case .path(let path): "\(path)"
        case .text(let literal): Expression.quoted(literal.text)
        case .number(_, let written): written
        case .count(let path): "count(\(path))"
        case .length(let path): "length(\(path))"
        }
    }
}
