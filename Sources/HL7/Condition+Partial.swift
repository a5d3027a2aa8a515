extension Condition {
    /// Whether the condition can hold for a message of which only some places are known.
    ///
    ///     MSH-9.1 = "ADT" and PV1-2 = "I"      // knowing MSH-9 only: possible for an ADT, impossible for an ORU
    ///
    /// - Parameter isKnown: which paths may be read; what depends on others counts as open.
    public func isPossible(on source: some ValueSource, knowing isKnown: (Path) -> Bool) -> Bool {
        expression.outcome(on: source, knowing: isKnown) != false
    }
}

extension Expression {
    /// True, false, or nil where it depends on what is not known.
    fileprivate func outcome(on source: some ValueSource, knowing isKnown: (Path) -> Bool) -> Bool? {
        switch self {
        case .or(let left, let right):
            let (a, b) = (left.outcome(on: source, knowing: isKnown), right.outcome(on: source, knowing: isKnown))
            return a == true || b == true ? true : a == false && b == false ? false : nil
        case .and(let left, let right):
            let (a, b) = (left.outcome(on: source, knowing: isKnown), right.outcome(on: source, knowing: isKnown))
            return a == false || b == false ? false : a == true && b == true ? true : nil
        case .not(let inner): return inner.outcome(on: source, knowing: isKnown).map { !$0 }
        default: return paths.allSatisfy(isKnown) ? holds(for: source) : nil
        }
    }
}
