import FHIR

extension MappingRun {
    /// One of the codings that a coded value has.
    private struct Original {
        var system: FlatText?
        var version: FlatText?
        var code: FlatText
        var display: FlatText?
        /// The code as a table knows it.
        var text: Text
    }

    /// A node with a code of a table as the element wants it.
    mutating func node(of code: FlatCode, as conversion: Conversion) -> Int32 {
        switch conversion {
        case .coding: return tree.detached(.constant, code.coding)
        case .codeableConcept:
            let concept = tree.detached(.object)
            tree.add(.constant, code.coding, to: codingList(of: concept))
            return concept
        case .string, .text, .markdown: return tree.detached(.constant, code.code)
        case .code where code.isTidy: return tree.detached(.constant, code.code)
        default:
            let node = primitive(plan.text(code.text), conversion)
            return node >= 0 ? node : tree.detached(.constant, code.code)
        }
    }

    private mutating func codingList(of concept: Int32) -> Int32 {
        tree.add(.array, to: concept, key: WellKnownKey.coding.rawValue)
    }

    // MARK: Original codings

    /// The coding whose parts are at `first`, `first + 1` and `first + 2` of a coded value.
    private mutating func original(_ hand: Hand, at first: Int32, version: Int32, _ row: FlatRow) -> Original? {
        guard let leaf = table.part(first, of: hand).map({ table.leaf(of: $0) }), isValued(leaf) else { return nil }
        let text = code(clean(leaf))
        guard !text.isEmpty else { return nil }
        reads.append(table.leaves(of: leaf))
        let system = system(hand, first + 2, text, row)
        let version = encoded(hand, version)
        let code = tree.encode(text)
        return Original(system: system, version: version, code: code, display: encoded(hand, first + 1), text: text)
    }

    private mutating func system(_ hand: Hand, _ part: Int32, _ code: Text, _ row: FlatRow) -> FlatText? {
        if let name = text(hand, part) { return tree.encode(codingSystem(name)) }
        if row.system >= 0 { return jsonOfConstant(row.system) }
        guard row.table >= 0, plan.tables[Int(row.table)].system >= 0, plan.code(for: code, in: row.table) >= 0 else {
            return nil
        }
        return jsonOfConstant(plan.tables[Int(row.table)].system)
    }

    private mutating func jsonOfConstant(_ constant: Int32) -> FlatText {
        tree.add(verbatim: plan.json(constant))
    }

    private mutating func text(_ hand: Hand, _ part: Int32) -> Text? {
        guard let leaf = table.part(part, of: hand).map({ table.leaf(of: $0) }), isValued(leaf) else { return nil }
        let text = clean(leaf)
        guard !text.isEmpty else { return nil }
        reads.append(table.leaves(of: leaf))
        return text
    }

    private mutating func encoded(_ hand: Hand, _ part: Int32) -> FlatText? {
        text(hand, part).map { tree.encode($0) }
    }

    private mutating func add(_ original: Original, to coding: Int32) {
        if let system = original.system { tree.add(system, to: coding, key: .system) }
        if let version = original.version { tree.add(version, to: coding, key: .version) }
        tree.add(original.code, to: coding, key: .code)
        if let display = original.display { tree.add(display, to: coding, key: .display) }
    }

    // MARK: Coding and CodeableConcept

    mutating func coding(_ hand: Hand, _ row: FlatRow) -> Int32 {
        let original = original(hand, at: 1, version: 7, row)
        if row.table >= 0, let original {
            let hit = plan.code(for: original.text, in: row.table)
            let coding = hit >= 0 ? plan.tableCodes[Int(hit)].coding : row.onUnmapped
            if coding >= 0 {
                // The rest of the original is carried nowhere, and a code that the table lacks only looked at.
                if hit < 0 { steering.append(reads[0]) }
                reads.removeLast(hit < 0 ? reads.count : reads.count - 1)
                return tree.detached(.constant, coding)
            }
        }
        guard !row.needsTableCode, let original else { return -1 }
        let coding = tree.detached(.object)
        add(original, to: coding)
        return coding
    }

    mutating func concept(_ hand: Hand, _ row: FlatRow) -> Int32 {
        let originals = (
            original(hand, at: 1, version: 7, row), original(hand, at: 4, version: 8, row),
            original(hand, at: 10, version: 13, row)
        )
        let translated = translated(originals, row)
        if row.needsTableCode, translated < 0 { return -1 }
        let concept = tree.detached(.object)
        var list: Int32 = -1
        if translated >= 0 {
            list = codingList(of: concept)
            tree.add(.constant, translated, to: list)
        }
        add(originals.0, to: concept, &list)
        add(originals.1, to: concept, &list)
        add(originals.2, to: concept, &list)
        if let text = encoded(hand, 9) ?? encoded(hand, 2) ?? encoded(hand, 5) {
            tree.add(text, to: concept, key: .text)
        }
        return tree.nodes[Int(concept)].first >= 0 ? concept : -1
    }

    /// The table's Coding for the first of the codes that it has, as a constant.
    private func translated(_ originals: (Original?, Original?, Original?), _ row: FlatRow) -> Int32 {
        guard row.table >= 0 else { return -1 }
        func hit(_ original: Original?) -> Int32 {
            guard let original else { return -1 }
            let code = plan.code(for: original.text, in: row.table)
            return code >= 0 ? plan.tableCodes[Int(code)].coding : -1
        }
        for coding in [hit(originals.0), hit(originals.1), hit(originals.2)] where coding >= 0 { return coding }
        return originals.0 != nil || originals.1 != nil || originals.2 != nil ? row.onUnmapped : -1
    }

    /// Adds an original coding unless the first one of the list says the same.
    private mutating func add(_ original: Original?, to concept: Int32, _ list: inout Int32) {
        guard let original else { return }
        if list < 0 {
            list = codingList(of: concept)
        } else if isSame(original, tree.nodes[Int(list)].first) {
            return
        }
        add(original, to: tree.add(.object, to: list))
    }

    private func isSame(_ original: Original, _ coding: Int32) -> Bool {
        guard let code = member(.code, of: coding), tree.json(original.code).equals(code) else { return false }
        let system = member(.system, of: coding)
        guard let own = original.system, let system else { return original.system == nil && system == nil }
        return tree.json(own).equals(system)
    }

    /// The JSON text of a member of a Coding.
    private func member(_ key: WellKnownKey, of coding: Int32) -> Text? {
        let node = tree.nodes[Int(coding)]
        if node.kind == .constant {
            for index in plan.constants[Int(node.a)].children.indices where plan.constants[index].key == key.rawValue {
                return plan.text(plan.constants[index].json)
            }
            return nil
        }
        var child = node.first
        while child >= 0 {
            let member = tree.nodes[Int(child)]
            if member.key == key.rawValue { return tree.json(FlatText(start: member.a, count: member.b)) }
            child = member.next
        }
        return nil
    }
}
