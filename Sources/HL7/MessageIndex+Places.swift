/// Finding places by number, on the bytes alone: nothing is allocated, and no view is made on the way.
extension MessageIndex {
    /// The first place that a path names, which must have no `[*]`.
    func place(at path: Path) -> (range: Range<Int>, level: Value.Level)? {
        let occurrence = if case .number(let number) = path.occurrence { number } else { 1 }
        guard let position = position(of: path.segmentCode, path.segment, occurrence: occurrence) else { return nil }
        guard let number = path.field else {
            return (Int(segments[position].start)..<Int(segments[position].end), .segment)
        }
        guard let field = fieldRange(position, number) else { return nil }
        let repetition = if case .number(let number) = path.repetition { number } else { 1 }
        if number <= 2, Self.isHeader(segments[position].code) {
            // MSH-1 and MSH-2 hold the delimiters themselves and have no parts.
            let isWhole = repetition == 1 && (path.component ?? 1) == 1 && (path.subcomponent ?? 1) == 1
            return isWhole ? (field, .segment) : nil
        }
        guard let whole = part(repetition, of: field, delimiters.repetition) else { return nil }
        guard let number = path.component else { return (whole, .repetition) }
        guard let component = part(number, of: whole, delimiters.component) else { return nil }
        guard let number = path.subcomponent else { return (component, .component) }
        return part(number, of: component, delimiters.subcomponent).map { ($0, .subcomponent) }
    }

    /// The `number`-th (1-based) part of a range, or nil if there are fewer.
    func part(_ number: Int, of range: Range<Int>, _ delimiter: UInt8) -> Range<Int>? {
        if delimiter == Delimiters.absent { return number == 1 ? range : nil }
        return bytes.withUnsafeBufferPointer { bytes in
            var remaining = number
            var start = range.lowerBound
            var at = start
            while at < range.upperBound {
                if bytes[at] == delimiter {
                    remaining -= 1
                    if remaining == 0 { return start..<at }
                    start = at + 1
                }
                at += 1
            }
            return remaining == 1 ? start..<at : nil
        }
    }
}
