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
            let node = primitive(plan.text(code.text, planBytes), conversion)
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
        if let name = text(hand, part) { return tree.encode(names.codingSystem(name, store)) }
        if row.system >= 0 { return jsonOfConstant(row.system) }
        guard row.table >= 0, plan.tables[Int(row.table)].system >= 0, plan.code(for: code, in: row.table) >= 0 else {
            return nil
        }
        return jsonOfConstant(plan.tables[Int(row.table)].system)
    }

    private mutating func jsonOfConstant(_ constant: Int32) -> FlatText {
        let json = plan.constants[Int(constant)].json
        return tree.add(verbatim: planBytes[Int(json.start)..<Int(json.start + json.count)])
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
                if hit < 0 { meter.steer(reads[0]) }
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
        var translated: Int32 = -1
        if row.table >= 0 {
            for case let original? in [originals.0, originals.1, originals.2] {
                let hit = plan.code(for: original.text, in: row.table)
                if hit >= 0 {
                    translated = plan.tableCodes[Int(hit)].coding
                    break
                }
            }
            if translated < 0, originals.0 != nil || originals.1 != nil || originals.2 != nil {
                translated = row.onUnmapped
            }
        }
        if row.needsTableCode, translated < 0 { return -1 }
        let concept = tree.detached(.object)
        var list: Int32 = -1
        var first: (code: Text?, system: Text?)?
        if translated >= 0 {
            list = codingList(of: concept)
            tree.add(.constant, translated, to: list)
            first = codeAndSystem(ofConstant: translated)
        }
        for case let original? in [originals.0, originals.1, originals.2] {
            if let first, isSame(original, first) { continue }
            if list < 0 { list = codingList(of: concept) }
            let coding = tree.add(.object, to: list)
            add(original, to: coding)
            if first == nil { first = (json(original.code), original.system.map { json($0) }) }
        }
        for number: Int32 in [9, 2, 5] {
            guard let text = encoded(hand, number) else { continue }
            tree.add(text, to: concept, key: .text)
            break
        }
        return tree.nodes[Int(concept)].first >= 0 ? concept : -1
    }

    /// JSON text of this run, kept apart because more is written behind it.
    private func json(_ text: FlatText) -> Text {
        store.keep(tree.text[Int(text.start)..<Int(text.start + text.count)])
    }

    private func codeAndSystem(ofConstant coding: Int32) -> (code: Text?, system: Text?) {
        var found: (code: Text?, system: Text?)
        for index in plan.constants[Int(coding)].children.indices {
            let member = plan.constants[index]
            let json = Text(rebasing: planBytes[Int(member.json.start)..<Int(member.json.start + member.json.count)])
            if member.key == WellKnownKey.code.rawValue { found.code = json }
            if member.key == WellKnownKey.system.rawValue { found.system = json }
        }
        return found
    }

    private func isSame(_ original: Original, _ first: (code: Text?, system: Text?)) -> Bool {
        guard let code = first.code, (original.system == nil) == (first.system == nil) else { return false }
        return tree.text.withUnsafeBufferPointer { text in
            func json(_ part: FlatText) -> Text { Text(rebasing: text[Int(part.start)..<Int(part.start + part.count)]) }
            guard json(original.code).equals(code) else { return false }
            guard let system = original.system, let other = first.system else { return true }
            return json(system).equals(other)
        }
    }
}
