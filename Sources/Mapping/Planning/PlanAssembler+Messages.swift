extension PlanAssembler {
    func add(_ message: MessagePlan) {
        let first = entries.count
        for entry in message.entries {
            let children = entry.children.map { Int32(first + $0) }
            entryChildren += children
            let starts = entry.starts.map(symbol)
            entryStarts += starts
            let actions = entry.actions.map(flat)
            self.actions += actions
            entries.append(
                FlatEntry(
                    segment: entry.segment.map(symbol) ?? -1,
                    children: FlatRange(
                        first: Int32(entryChildren.count - children.count), count: Int32(children.count)),
                    starts: FlatRange(first: Int32(entryStarts.count - starts.count), count: Int32(starts.count)),
                    actions: FlatRange(first: Int32(self.actions.count - actions.count), count: Int32(actions.count)),
                    isDropped: entry.isDropped, isGroup: entry.isGroup))
        }
        messages.append(FlatMessage(entries: FlatRange(first: Int32(first), count: Int32(message.entries.count))))
    }

    private func flat(_ action: MessagePlan.Action) -> FlatAction {
        func add(_ pairs: [(name: Int32, row: RowPlan)]) -> FlatRange {
            let flat = pairs.map { pair in
                let row = self.flat(pair.row)
                rows.append(row)
                return FlatReference(name: pair.name, row: Int32(rows.count - 1))
            }
            references += flat
            return FlatRange(first: Int32(references.count - flat.count), count: Int32(flat.count))
        }
        return FlatAction(
            makes: action.makes, extends: action.extends, name: name(action.name), map: Int32(action.map),
            again: action.again.map { Int32($0) } ?? -1, when: condition(action.when), bundle: action.bundle,
            refs: add(action.refs.map { (-1, $0) }),
            links: add(action.links.map { (name($0.name), $0.row) }))
    }
}
