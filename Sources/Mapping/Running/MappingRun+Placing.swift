extension MappingRun {
    /// Finds the entry of the message map that a segment belongs to, closing and opening groups.
    mutating func place(_ symbol: Int16) -> (entry: Int32, scope: Int32)? {
        restartGroup(beginningWith: symbol)
        for level in open.indices.reversed() {
            let entry = child(symbol, of: plan.entries[Int(open[level].entry)])
            if entry >= 0 {
                open.removeLast(open.count - level - 1)
                return enter(entry, symbol)
            }
        }
        for level in open.indices.reversed() {
            guard let groups = way(to: symbol, below: open[level].entry) else { continue }
            open.removeLast(open.count - level - 1)
            for group in groups { openGroup(group) }
            let entry = child(symbol, of: plan.entries[Int(open[open.count - 1].entry)])
            return entry >= 0 ? enter(entry, symbol) : nil
        }
        return nil
    }

    /// A group that has begun already begins again with one of its first segments.
    private mutating func restartGroup(beginningWith symbol: Int16) {
        for level in open.indices.dropFirst() where plan.entries[Int(open[level].entry)].isGroup {
            let entry = open[level].entry
            guard let start = start(symbol, of: entry), start <= open[level].start else { continue }
            open.removeLast(open.count - level)
            openGroup(entry)
            return
        }
    }

    private func start(_ symbol: Int16, of entry: Int32) -> Int32? {
        let starts = plan.entries[Int(entry)].starts
        for position in starts.indices where plan.entryStarts[position] == symbol {
            return Int32(position) - starts.first
        }
        return nil
    }

    private mutating func openGroup(_ entry: Int32) {
        scopes.append(Scope(parent: open[open.count - 1].scope))
        open.append(Open(entry: entry, scope: Int32(scopes.count - 1)))
    }

    private func groups(below entry: Int32) -> [Int32] {
        plan.entries[Int(entry)].children.indices.map { plan.entryChildren[$0] }
            .filter { plan.entries[Int($0)].isGroup }
    }

    /// The groups to open to reach an entry for the segment, nearest first.
    private func way(to symbol: Int16, below entry: Int32) -> [Int32]? {
        var ways = groups(below: entry).map { [$0] }
        while !ways.isEmpty {
            var next: [[Int32]] = []
            for way in ways {
                guard let last = way.last else { continue }
                if child(symbol, of: plan.entries[Int(last)]) >= 0 { return way }
                next += groups(below: last).map { way + [$0] }
            }
            ways = next
        }
        return nil
    }

    private mutating func enter(_ entry: Int32, _ symbol: Int16) -> (entry: Int32, scope: Int32) {
        for level in open.indices {
            if let start = start(symbol, of: open[level].entry) { open[level].start = max(open[level].start, start) }
        }
        let scope = open[open.count - 1].scope
        if !plan.entries[Int(entry)].children.isEmpty { open.append(Open(entry: entry, scope: scope)) }
        return (entry, scope)
    }
}
