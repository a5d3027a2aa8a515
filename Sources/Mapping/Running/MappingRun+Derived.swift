import FHIR
import HL7

/// Rows whose value is more, or other, than one value of the message.
extension MappingRun {
    // MARK: Several values as one

    mutating func derive(_ row: FlatRow, _ frame: Frame) -> Bool {
        guard holds(row.when, frame),
            tree.existing(row.target, in: frame.root, application: frame.application) < 0
        else { return false }
        inputs.removeAll()
        for index in row.sources.indices {
            let leaf = hand(at: Int32(index), frame).flatMap { isNull($0) ? nil : table.leaf(of: $0) }
            inputs.append(leaf.map { text($0) } ?? Text(start: nil, count: 0))
        }
        let code = plan.code(for: inputs.all, in: row.table)
        guard code >= 0 else { return false }
        for index in row.sources.indices {
            if let hand = hand(at: Int32(index), frame) { steering.append(table.leaves(of: table.leaf(of: hand))) }
        }
        let node = node(of: plan.tableCodes[Int(code)], as: row.conversion)
        if patches, !isUpdateEvent || readsMoreThanHeader(row, frame) { stated.append(node) }
        finish(row, node, frame)
        return true
    }

    mutating func writeJoined(_ row: FlatRow, _ frame: Frame) -> Bool {
        if patches {
            for index in row.sources.indices {
                for hand in hands(at: plan.sources[index], frame) where !hand.isEmpty && isNull(hand) {
                    noteNull(row, hand, frame)
                }
            }
        }
        guard tree.existing(row.target, in: frame.root, application: frame.application) < 0, holds(row.when, frame)
        else { return false }
        reads.removeAll()
        line.removeAll()
        line.append(contentsOf: plan.text(row.prefix))
        let readsLeaf = row.conversion == .string
        var isEmpty = true
        for index in row.sources.indices {
            for hand in hands(at: plan.sources[index], frame) where isValued(hand) {
                let hand = readsLeaf ? table.leaf(of: hand) : hand
                if !reads.isEmpty { line.append(contentsOf: plan.text(row.join)) }
                let text = clean(hand, trimsStart: false)
                if !text.isEmpty { isEmpty = false }
                line.append(contentsOf: text)
                reads.append(table.leaves(of: hand))
            }
        }
        guard !isEmpty else { return false }
        let node = primitive(store.keep(line.all), row.conversion)
        guard node >= 0 else { return false }
        finish(row, node, frame)
        for leaves in reads.all { mark(leaves, node, row) }
        return true
    }

    mutating func writeAuthority(_ row: FlatRow, _ frame: Frame) -> Bool {
        guard holds(row.when, frame),
            tree.existing(row.target, in: frame.root, application: frame.application) < 0
        else { return false }
        reads.removeAll()
        func part(_ offset: Int32) -> Hand? {
            offset < row.sources.count ? hand(at: row.sources.first + offset, frame) : nil
        }
        guard let uri = authority((part(0), part(1), part(2))) else { return false }
        let node = tree.detached(tree.encode(uri))
        finish(row, node, frame)
        for leaves in reads.all { mark(leaves, node, row) }
        return true
    }

    // MARK: Constants and references

    mutating func write(constant row: FlatRow, _ frame: Frame) {
        let existing = tree.existing(row.target, in: frame.root, application: frame.application)
        if existing >= 0 {
            if plan.constants[Int(row.operand)].kind == .object {
                tree.merge(constant: row.operand, into: existing)
                notePlacement(of: existing)
            }
            return
        }
        finish(row, tree.detached(.constant, row.operand), frame)
    }

    mutating func writeVariable(_ row: FlatRow, _ frame: Frame) {
        guard tree.existing(row.target, in: frame.root, application: frame.application) < 0 else { return }
        let text: Text
        switch Variable.allCases[Int(row.operand)] {
        case .received: text = store.keep(Array(row.conversion == .date ? received.prefix(10) : received[...]))
        case .broker: text = store.keep(options.broker)
        case .controlID: text = controlID()
        case .sender: text = sender
        case .maps:
            text = store.keep(
                loaded.version + (options.configurationHash.isEmpty ? "" : "-" + options.configurationHash))
        }
        let node = primitive(text, row.conversion)
        if node >= 0 { finish(row, node, frame) }
    }

    /// MSH-10, whole.
    private mutating func controlID() -> Text {
        message[position: 0].field(10).map { clean($0.text, trimsStart: true) } ?? Text(start: nil, count: 0)
    }

    /// Writes a reference to a resource known by name, now or, if it is made later, at the end.
    mutating func reference(_ index: Int32, _ frame: Frame) {
        let instance = instance(named: plan.rows[Int(index)].operand, in: frame.scope)
        if instance >= 0 {
            write(reference: index, to: instance, frame)
        } else {
            deferred.append((index, frame))
        }
    }

    mutating func write(reference index: Int32, to instance: Int32, _ frame: Frame, counts: Bool = true) {
        let row = plan.rows[Int(index)]
        guard instance > 0, tree.existing(row.target, in: frame.root, application: frame.application) < 0 else {
            return
        }
        let node = tree.detached(.reference, instance)
        references.append((node, instance, counts))
        if patches, isAppended(row.target) { stated.append(node) }
        finish(row, node, frame)
    }
}

extension FlatPlan {
    /// The code that the first fitting row of a table gives, -1 if none fits.
    func code(for inputs: UnsafeBufferPointer<Text>, in table: Int32) -> Int32 {
        for index in tables[Int(table)].rows.indices {
            let row = tableRows[index]
            var fits = true
            for (offset, text) in inputs.enumerated() where offset < Int(row.inputs.count) {
                let input = tableInputs[Int(row.inputs.first) + offset]
                switch input.kind {
                case .any: continue
                case .valued: fits = !text.isEmpty
                case .empty: fits = text.isEmpty
                case .text: fits = equals(texts[Int(input.text)], text)
                }
                if !fits { break }
            }
            if fits { return row.code }
        }
        return -1
    }
}
