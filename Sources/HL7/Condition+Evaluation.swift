extension Expression {
    package func holds(for source: some ValueSource) -> Bool {
        switch self {
        case .or(let left, let right): left.holds(for: source) || right.holds(for: source)
        case .and(let left, let right): left.holds(for: source) && right.holds(for: source)
        case .not(let inner): !inner.holds(for: source)
        case .valued(let path): source.contains(at: path) { $0.presence == .value }
        case .null(let path): source.contains(at: path, where: \.isNull)
        case .compare(let left, let comparison, let right): Self.compare(left, comparison, right, source)
        case .oneOf(let operand, let choices): choices.contains { Self.compare(operand, .equal, $0, source) }
        case .matches(let operand, let glob):
            Self.contains(operand, source) { subject in
                switch subject {
                case .value(let value): value.isPlain ? glob.matches(value.bytes) : glob.matches(value.text.utf8)
                case .literal(let literal): glob.matches(literal.utf8)
                case .number: false
                }
            }
        }
    }

    /// What one side of a comparison is for one value of it.
    private enum Subject {
        case value(Value)
        case literal(Literal)
        case number(Double)

        var number: Double? {
            switch self {
            case .value(let value): value.bytes.numericValue
            case .literal(let literal): literal.number
            case .number(let number): number
            }
        }

        var timestamp: Timestamp? {
            switch self {
            case .value(let value): try? Timestamp(value.bytes)  // a value that is no time compares with none
            case .literal(let literal): literal.timestamp
            case .number: nil
            }
        }

        func equals(_ other: Subject) -> Bool {
            switch (self, other) {
            case (.number(let a), let b): b.number == a
            case (let a, .number(let b)): a.number == b
            case (.literal(let a), .literal(let b)): a.text == b.text
            case (.value(let a), .literal(let b)), (.literal(let b), .value(let a)):
                a.isPlain ? a.bytes.elementsEqual(b.utf8) : a.text == b.text
            case (.value(let a), .value(let b)):
                a.isPlain && b.isPlain ? a.bytes.elementsEqual(b.bytes) : a.text == b.text
            }
        }

        /// Two values of a message that can be years are more often counts; with a date among them they are times.
        private func comparesTimes(with other: Subject) -> Bool {
            guard case .value(let a) = self, case .value(let b) = other else { return true }
            return max(a.bytes.count, b.bytes.count) >= 8
        }

        /// Negative, zero or positive; nil where the two have no order.
        func order(_ other: Subject) -> Double? {
            if let a = timestamp, let b = other.timestamp, comparesTimes(with: other) {
                return Double(a.compared(to: b))
            }
            guard let a = number, let b = other.number else { return nil }
            return a - b
        }
    }

    private static func compare(
        _ left: Operand, _ comparison: Comparison, _ right: Operand, _ source: some ValueSource
    ) -> Bool {
        contains(left, source) { a in
            contains(right, source) { b in
                if comparison == .equal { return a.equals(b) }
                guard let order = a.order(b) else { return false }
                return switch comparison {
                case .equal: order == 0
                case .less: order < 0
                case .lessOrEqual: order <= 0
                case .greater: order > 0
                case .greaterOrEqual: order >= 0
                }
            }
        }
    }

    /// Whether any value of an operand satisfies a predicate; only what is valued is asked about.
    private static func contains(
        _ operand: Operand, _ source: some ValueSource, where predicate: (Subject) -> Bool
    ) -> Bool {
        switch operand {
        case .path(let path): source.contains(at: path) { $0.presence == .value && predicate(.value($0)) }
        case .text(let literal): predicate(.literal(literal))
        case .number(let number, _): predicate(.number(number))
        case .count(let path):
            predicate(.number(Double(source.values(at: path.countingAll).count { $0.presence == .value })))
        case .length(let path):
            source.contains(at: path) {
                $0.presence == .value && predicate(.number(Double($0.text.unicodeScalars.count)))
            }
        }
    }
}

extension Path {
    /// `count(OBX)` and `count(PID-3)` count all of them although `OBX` and `PID-3` name the first.
    var countingAll: Path {
        var path = self
        if path.field == nil {
            path.occurrence = path.occurrence ?? .any
        } else {
            path.repetition = path.repetition ?? .any
        }
        return path
    }
}

extension Value {
    /// Its bytes are its text: ASCII or UTF-8, and nothing escaped.
    var isPlain: Bool {
        (index.layout.isASCII || index.charset.kind == .utf8) && !bytes.contains(index.delimiters.escape)
    }
}

extension Collection<UInt8> {
    /// The number that an NM value is (HL7 2.5.1 §2.A.47): a sign, digits and a point, no exponent.
    var numericValue: Double? {
        let allowed = allSatisfy { $0.isDigit || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E }
        return allowed ? Double(String(decoding: self, as: UTF8.self)) : nil
    }
}
