/// Compiles the expression language by recursive descent.
///
///     or         = and { "or" and }
///     and        = unary { "and" unary }
///     unary      = "not" unary | "(" or ")" | comparison
///     comparison = "null" "(" path ")" | path ["not"] "valued" | operand operator operand
///                | operand ["not"] "in" "(" operand { "," operand } ")" | operand ["not"] "matches" string
///     operand    = path | string | number | "count" "(" path ")" | "length" "(" path ")"
struct ConditionParser {
    private enum Token: Hashable {
        case word(String)
        case path(Path)
        case text(String)
        case number(Double, String)
        case symbol(String)
        case end
    }

    private var tokens: [(token: Token, offset: Int)] = []
    private var position = 0
    private var depth = 0
    private var comparisons = 0
    /// How many comparisons `and` and `or` may join: evaluation nests as deeply.
    private static let comparisonsMax = 1000
    /// How deeply parentheses and `not` may nest.
    private static let depthMax = 64

    init(_ text: String) throws(ConditionError) { tokens = try Self.tokens(of: text) }

    mutating func whole() throws(ConditionError) -> Expression {
        let expression = try or()
        guard token == .end else { throw unexpected("\"and\", \"or\" or the end") }
        return expression
    }

    // MARK: Grammar

    private mutating func or() throws(ConditionError) -> Expression {
        var left = try and()
        while accept(word: "or") { left = .or(left, try and()) }
        return left
    }

    private mutating func and() throws(ConditionError) -> Expression {
        var left = try unary()
        while accept(word: "and") { left = .and(left, try unary()) }
        return left
    }

    private mutating func unary() throws(ConditionError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw error("nested more than \(Self.depthMax) deep") }
        if accept(word: "not") { return .not(try unary()) }
        if accept(symbol: "(") {
            let inner = try or()
            try expect(")")
            return inner
        }
        if accept(word: "null") { return .null(try parenthesisedPath()) }
        return try comparison()
    }

    private mutating func comparison() throws(ConditionError) -> Expression {
        comparisons += 1
        guard comparisons <= Self.comparisonsMax else { throw error("more than \(Self.comparisonsMax) comparisons") }
        let start = offset
        let left = try operand()
        if accept(word: "valued") { return .valued(try path(of: left, start)) }
        let isNegated = accept(word: "not")
        let result: Expression
        if isNegated, accept(word: "valued") {
            result = .valued(try path(of: left, start))
        } else if accept(word: "in") {
            result = .oneOf(left, try list())
        } else if accept(word: "matches") {
            guard case .text(let pattern) = token else { throw unexpected("a quoted pattern") }
            position += 1
            result = .matches(left, Glob(pattern))
        } else {
            guard !isNegated else { throw unexpected("\"valued\", \"in\" or \"matches\" after \"not\"") }
            return try comparison(of: left, start)
        }
        return isNegated ? .not(result) : result
    }

    private mutating func comparison(
        of left: Expression.Operand, _ start: Int
    ) throws(ConditionError) -> Expression {
        guard case .symbol(let symbol) = token, ["=", "!=", "<", "<=", ">", ">="].contains(symbol) else {
            throw unexpected("=, !=, <, <=, >, >=, in, matches, valued or not valued")
        }
        position += 1
        let rightOffset = offset
        let right = try operand()
        if symbol == "!=" { return .not(.compare(left, .equal, right)) }
        guard let comparison = Expression.Comparison(rawValue: symbol) else { throw unexpected("a comparison") }
        if comparison != .equal {
            for case (.text(let literal), let offset) in [(left, start), (right, rightOffset)]
            where literal.timestamp == nil && literal.number == nil {
                throw ConditionError(
                    offset: offset, text: "\(symbol) compares numbers and times, and this text is neither")
            }
        }
        return .compare(left, comparison, right)
    }

    private mutating func list() throws(ConditionError) -> [Expression.Operand] {
        try expect("(")
        var operands = [try operand()]
        while accept(symbol: ",") { operands.append(try operand()) }
        try expect(")")
        return operands
    }

    private mutating func operand() throws(ConditionError) -> Expression.Operand {
        let operand: Expression.Operand
        switch token {
        case .path(let path): operand = .path(path)
        case .text(let text): operand = .text(Expression.Literal(text))
        case .number(let number, let written): operand = .number(number, written: written)
        case .word("count"):
            position += 1
            return .count(try parenthesisedPath())
        case .word("length"):
            position += 1
            return .length(try parenthesisedPath())
        default: throw unexpected("a path as PID-3.1, a quoted text or a number")
        }
        position += 1
        return operand
    }

    private mutating func parenthesisedPath() throws(ConditionError) -> Path {
        try expect("(")
        guard case .path(let path) = token else { throw unexpected("a path") }
        position += 1
        try expect(")")
        return path
    }

    private func path(of operand: Expression.Operand, _ offset: Int) throws(ConditionError) -> Path {
        guard case .path(let path) = operand else {
            throw ConditionError(offset: offset, text: "only a path can be valued or not valued")
        }
        return path
    }

    // MARK: Tokens

    private var token: Token { tokens[position].token }
    private var offset: Int { tokens[position].offset }

    private mutating func accept(word: String) -> Bool { accept(.word(word)) }
    private mutating func accept(symbol: String) -> Bool { accept(.symbol(symbol)) }
    private mutating func accept(_ expected: Token) -> Bool {
        guard token == expected else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ symbol: String) throws(ConditionError) {
        guard accept(symbol: symbol) else { throw unexpected("\"\(symbol)\"") }
    }

    private func error(_ text: String) -> ConditionError { ConditionError(offset: offset, text: text) }

    private func unexpected(_ expected: String) -> ConditionError {
        let found =
            switch token {
            case .end: "the end"
            case .word(let word): "\"\(word)\""
            case .symbol(let symbol): "\"\(symbol)\""
            case .path(let path): "\(path)"
            case .text(let text): "the text \"\(text)\""
            case .number(_, let written): written
            }
        return error("expected \(expected), found \(found)")
    }

    private static let words: Set<String> = ["and", "or", "not", "in", "matches", "valued", "null", "count", "length"]

    private static func tokens(of text: String) throws(ConditionError) -> [(token: Token, offset: Int)] {
        let bytes = Array(text.utf8)
        var tokens: [(token: Token, offset: Int)] = []
        var position = 0
        while position < bytes.count {
            let start = position
            let byte = bytes[position]
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D:
                position += 1
                continue
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: "="):
                position += 1
                tokens.append((.symbol(String(UnicodeScalar(byte))), start))
            case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "!"):
                position += position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "=") ? 2 : 1
                let symbol = String(decoding: bytes[start..<position], as: UTF8.self)
                guard symbol != "!" else { throw ConditionError(offset: start, text: "\"!\" alone; write != or not") }
                tokens.append((.symbol(symbol), start))
            case UInt8(ascii: "\""): tokens.append((.text(try quoted(bytes, &position)), start))
            case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"):
                position += 1
                while position < bytes.count, bytes[position].isDigit || bytes[position] == UInt8(ascii: ".") {
                    position += 1
                }
                let written = String(decoding: bytes[start..<position], as: UTF8.self)
                guard let number = Double(written) else {
                    throw ConditionError(offset: start, text: "\(written) is not a number")
                }
                tokens.append((.number(number, written), start))
            default: tokens.append((try word(text, bytes, &position), start))
            }
        }
        tokens.append((.end, bytes.count))
        return tokens
    }

    private static func word(_ text: String, _ bytes: [UInt8], _ position: inout Int) throws(ConditionError) -> Token {
        let start = position
        while position < bytes.count, (0x61...0x7A).contains(bytes[position]) { position += 1 }
        let word = String(decoding: bytes[start..<position], as: UTF8.self)
        if words.contains(word) { return .word(word) }
        guard position == start else {
            throw ConditionError(offset: start, text: "\"\(word)\" is not a word of conditions; texts stand in quotes")
        }
        var reader = PathReader(text, from: start)
        do throws(PathError) {
            let path = try reader.path()
            position = reader.offset
            return .path(path)
        } catch {
            throw ConditionError(
                offset: error.offset, text: "expected \(error.expected), as in PID-3[2].4.2; texts stand in quotes")
        }
    }

    /// A text in double quotes; `\"` and `\\` stand for a quote and a backslash.
    private static func quoted(_ bytes: [UInt8], _ position: inout Int) throws(ConditionError) -> String {
        let start = position
        position += 1
        var content: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return String(decoding: content, as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\"), position + 1 < bytes.count,
                bytes[position + 1] == UInt8(ascii: "\"") || bytes[position + 1] == UInt8(ascii: "\\")
            {
                position += 1
            }
            content.append(bytes[position])
            position += 1
        }
        throw ConditionError(offset: start, text: "the quoted text has no closing quote")
    }
}
