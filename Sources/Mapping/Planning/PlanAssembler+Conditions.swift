import HL7

extension PlanAssembler {
    /// Flattens an expression; comparisons that maps rarely use stay as they are.
    func add(_ expression: Expression) -> Int32 {
        var node: FlatCondition
        switch expression {
        case .or(let left, let right):
            node = FlatCondition(kind: .or, first: add(left), second: add(right))
        case .and(let left, let right):
            node = FlatCondition(kind: .and, first: add(left), second: add(right))
        case .not(let inner):
            node = FlatCondition(kind: .not, first: add(inner))
        case .valued(let path):
            guard let found = leaf(.valued, path) else { return left(expression) }
            node = found
        case .null(let path):
            guard let found = leaf(.null, path) else { return left(expression) }
            node = found
        case .compare(.path(let path), .equal, .text(let literal)):
            guard var found = leaf(.equals, path) else { return left(expression) }
            found.first = pool.text(literal.text)
            found.second = found.first + 1
            node = found
        case .compare(.path(let path), .equal, .path(let other)):
            guard path.isOfOne, other.isOfOne, var found = leaf(.same, path), let second = leaf(.same, other) else {
                return left(expression)
            }
            found.second = second.source
            node = found
        case .oneOf(.path(let path), let choices):
            let literals = choices.compactMap { choice -> String? in
                if case .text(let literal) = choice { literal.text } else { nil }
            }
            guard literals.count == choices.count, var found = leaf(.equals, path) else { return left(expression) }
            // The texts of a list lie beside each other.
            (found.first, found.second) = pool.neighbours(literals)
            node = found
        case .compare(.path(let path), let comparison, .number(let number, _)):
            guard var found = leaf(.compares, path) else { return left(expression) }
            found.comparison = Self.flat(comparison)
            found.number = number
            node = found
        case .compare(.count(let path), let comparison, .number(let number, _)):
            guard var found = leaf(.counts, path) else { return left(expression) }
            if !found.isSegment, path.repetition == nil { sources[Int(found.source)].repetition = FlatSource.all }
            found.comparison = Self.flat(comparison)
            found.number = number
            node = found
        case .compare(.length(let path), let comparison, .number(let number, _)) where path.field != nil:
            guard var found = leaf(.measures, path) else { return left(expression) }
            found.comparison = Self.flat(comparison)
            found.number = number
            node = found
        case .matches(.path(let path), let glob):
            guard var found = leaf(.matches, path) else { return left(expression) }
            globs.append(glob)
            found.first = Int32(globs.count - 1)
            node = found
        default: return left(expression)
        }
        conditions.append(node)
        return Int32(conditions.count - 1)
    }

    private func leaf(_ kind: FlatCondition.Kind, _ path: Path) -> FlatCondition? {
        let isSegment = path.segment != Guard.hand && path.field == nil
        guard path.occurrence == nil, !isSegment || kind == .valued || kind == .counts else { return nil }
        var source = FlatSource()
        if path.segment == Guard.hand {
            guard path.repetition == nil, path.subcomponent == nil else { return nil }
            source.component = Int32(path.field ?? 0)
            source.subcomponent = Int32(path.component ?? 0)
        } else {
            source = self.source(
                SourcePath(
                    base: .segment(path.segment), field: path.field ?? 0, repetition: path.repetition,
                    component: path.component, subcomponent: path.subcomponent))
        }
        sources.append(source)
        return FlatCondition(kind: kind, isSegment: isSegment, source: Int32(sources.count - 1))
    }

    /// What the expression language evaluates itself.
    private func left(_ expression: Expression) -> Int32 {
        for path in expression.paths where path.segment != Guard.hand { _ = symbol(path.segment) }
        expressions.append(expression)
        conditions.append(FlatCondition(kind: .expression, first: Int32(expressions.count - 1)))
        return Int32(conditions.count - 1)
    }

    private static func flat(_ comparison: Expression.Comparison) -> FlatCondition.Comparison {
        switch comparison {
        case .equal: .equal
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        }
    }
}

extension Path {
    /// It names one value, not one of several.
    fileprivate var isOfOne: Bool { repetition != .any && (segment == Guard.hand || field != nil) }
}
