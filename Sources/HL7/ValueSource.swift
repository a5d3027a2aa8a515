/// Something that paths can be read from: a message, or a part of one that gives segments their meaning.
public protocol ValueSource {
    /// Whether a value at `path` satisfies `predicate`. Values that are absent are not asked about.
    func contains(at path: Path, where predicate: (Value) -> Bool) -> Bool
}

extension ValueSource {
    /// All values at a path, in the order of the message.
    public func values(at path: Path) -> [Value] {
        var values: [Value] = []
        _ = contains(at: path) { value in
            values.append(value)
            return false
        }
        return values
    }
}
