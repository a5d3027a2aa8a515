import Dispatch
import FHIR
import Synchronization
import Yams

extension MapDeclarations {
    /// Reads all files; what cannot be read is noted in `mistakes` and left out.
    ///
    /// Several at a time: reading takes half the time that the program needs to start.
    init(reading files: MapFiles, mistakes: MistakeList) {
        let files = files.texts.sorted { $0.key < $1.key }
        let results = Mutex<[ReadFile?]>(Array(repeating: nil, count: files.count))
        DispatchQueue.concurrentPerform(iterations: files.count) { index in
            let file = ReadFile(path: files[index].key, text: files[index].value)
            results.withLock { $0[index] = file }
        }
        for case let file? in results.withLock({ $0 }) { add(file, mistakes) }
    }

    private mutating func add(_ file: ReadFile, _ mistakes: MistakeList) {
        for mistake in file.mistakes { mistakes.add(mistake) }
        switch file.declaration {
        case .message(let message): messages[file.name] = message
        case .segment(let map): segments[file.name] = map
        case .datatype(let map): datatypes[file.name] = map
        case .table(let table): tables[file.name] = table
        case .overlay(let overlay): overlays.append(overlay)
        case nil: break
        }
    }
}

/// One file, read.
private struct ReadFile: Sendable {
    enum Declaration: Sendable {
        case message(MessageMapDeclaration)
        case segment(ResourceMapDeclaration)
        case datatype(ResourceMapDeclaration)
        case table(TableDeclaration)
        case overlay(OverlayDeclaration)
    }

    /// That of the file, without the folder and `.yaml`.
    var name = ""
    var declaration: Declaration?
    var mistakes: [MapMistake] = []

    init(path: String, text: String) {
        let parts = path.split(separator: "/")
        guard parts.count == 2, path.hasSuffix(".yaml") else { return }
        name = String(parts[1].dropLast(5))
        let list = MistakeList()
        let reader = YAMLReader(file: path, mistakes: list)
        declaration = reader.document(text).flatMap { document in
            switch parts[0] {
            case "messages": reader.message(document, name: name).map(Declaration.message)
            case "segments": reader.resourceMap(document, name: name, kind: .segment).map(Declaration.segment)
            case "datatypes": reader.resourceMap(document, name: name, kind: .datatype).map(Declaration.datatype)
            case "tables": reader.table(document, name: name).map(Declaration.table)
            case "site": reader.overlay(document).map(Declaration.overlay)
            default: nil
            }
        }
        mistakes = list.mistakes
    }
}

// MARK: Tables

extension YAMLReader {
    func table(_ node: Node, name: String?) -> TableDeclaration? {
        let keys = ["table", "v2", "system", "ignoreCase", "codes", "rows", "ig"]
        guard let members = members(node, keys: keys, what: "a table") else { return nil }
        let written = text(members["table"], "table")
        if let name { check(written, equals: name, key: "table", at: members["table"] ?? node) }
        var table = TableDeclaration(name: name ?? written ?? "", place: place(node))
        table.v2 = text(members["v2"], "v2")
        table.system = members["system"].flatMap { constant($0, key: "system").string }
        table.ignoreCase = flag(members["ignoreCase"], "ignoreCase") ?? false
        if let codes = members["codes"], let pairs = pairs(codes, what: "codes") {
            table.codes = pairs.compactMap { key, place, value in
                code(value).map { TableDeclaration.Entry(inputs: [key], code: $0, place: place) }
            }
        }
        if let rows = members["rows"] { table.rows = elements(rows).compactMap(tableRow) }
        if members["codes"] == nil && members["rows"] == nil { mistake(node, "a table needs codes or rows") }
        return table
    }

    private func tableRow(_ node: Node) -> TableDeclaration.Entry? {
        guard let members = members(node, keys: ["in", "code", "system", "display"], what: "a row of a table")
        else { return nil }
        guard let inputs = members["in"], let code = text(members["code"], "code") else {
            mistake(node, "a row of a table needs in and code: { in: [A03, \"*\"], code: finished }")
            return nil
        }
        return TableDeclaration.Entry(
            inputs: texts(inputs, "in").map(\.content),
            code: .init(
                code: code, system: members["system"].flatMap { constant($0, key: "system").string },
                display: text(members["display"], "display")),
            place: place(node))
    }

    private func code(_ node: Node) -> TableDeclaration.Code? {
        if let scalar = node.scalar { return .init(code: scalar.string) }
        guard let members = members(node, keys: ["code", "system", "display"], what: "a code") else { return nil }
        guard let code = text(members["code"], "code") else {
            mistake(node, "a code needs code: { code: female, display: Female }")
            return nil
        }
        return .init(
            code: code, system: members["system"].flatMap { constant($0, key: "system").string },
            display: text(members["display"], "display"))
    }

    func check(_ written: String?, equals name: String, key: String, at node: Node) {
        if written != name {
            mistake(node, "\(key) is \(written ?? "missing"); write \(key): \(name), as the file is named")
        }
    }
}

// MARK: Segment and datatype maps

extension YAMLReader {
    func resourceMap(_ node: Node, name: String?, kind: ResourceMapDeclaration.Kind) -> ResourceMapDeclaration? {
        let keys = ["map", "target", "when", "key", "required", "together", "rows", "ig"]
        guard let members = members(node, keys: keys, what: "a map") else { return nil }
        let written = text(members["map"], "map")
        if let name { check(written, equals: name, key: "map", at: members["map"] ?? node) }
        guard let target = placed(members["target"], "target") else {
            mistake(node, "the map needs target: the FHIR type that it fills, such as Patient")
            return nil
        }
        var map = ResourceMapDeclaration(name: name ?? written ?? "", kind: kind, place: place(node), target: target)
        map.when = placed(members["when"], "when")
        if let key = members["key"] { map.key = elements(key).compactMap(recipe) }
        if let required = members["required"] {
            for (key, place, value) in pairs(required, what: "required") ?? [] {
                map.required.append((Placed(content: key, place: place), constant(value, key: key)))
            }
        }
        if let rules = members["together"] { map.together = elements(rules).compactMap(together) }
        if let rows = members["rows"] { map.rows = elements(rows).compactMap(row) }
        var ids: Set<String> = []
        for row in map.rows where !ids.insert(row.id).inserted {
            mistakes.add(row.place, "row \(row.id) is there twice; give one of them another id")
        }
        return map
    }

    private func recipe(_ node: Node) -> KeyDeclaration? {
        guard let members = members(node, keys: ["id", "as", "except", "of"], what: "a recipe of key") else {
            return nil
        }
        if let path = text(members["id"], "id") {
            return KeyDeclaration(
                recipe: .identifier(
                    path: path, type: text(members["as"], "as") ?? "ST", except: text(members["except"], "except")),
                place: place(node))
        }
        if let parts = members["of"] {
            return KeyDeclaration(recipe: .parts(texts(parts, "of").map(\.content)), place: place(node))
        }
        mistake(node, "a recipe of key is { id: PATH, as: CX } or { of: [NAME, PATH, PATH?] }")
        return nil
    }

    private func together(_ node: Node) -> TogetherDeclaration? {
        guard let members = members(node, keys: ["all", "else"], what: "a rule of together") else { return nil }
        guard let all = members["all"],
            let (status, _, codes) = members["else"].flatMap({ pairs($0, what: "else") })?.first
        else {
            mistake(node, "a rule of together is { all: [start, end], else: { status: { \"*\": proposed } } }")
            return nil
        }
        let named = (pairs(codes, what: "else") ?? []).compactMap { key, _, value in
            text(value, key).map { (key, $0) }
        }
        return TogetherDeclaration(
            names: texts(all, "all"), status: status, codes: Dictionary(named) { first, _ in first },
            place: place(node))
    }

    private static let rowKeys = [
        "id", "from", "to", "as", "table", "v2", "when", "pick", "join", "prefix", "set", "value", "ref", "make",
        "with", "else", "onUnmapped", "needed", "drop", "ig",
    ]

    func row(_ node: Node) -> RowDeclaration? {
        guard let members = members(node, keys: Self.rowKeys, what: "a row") else { return nil }
        guard let id = text(members["id"], "id") else {
            mistake(node, "the row needs an id that is unique in the map, such as PID-8")
            return nil
        }
        var row = RowDeclaration(id: id, place: place(node))
        row.from = texts(members["from"], "from")
        row.to = placed(members["to"], "to")
        row.conversion = placed(members["as"], "as")
        row.table = placed(members["table"], "table")
        row.v2 = text(members["v2"], "v2")
        row.when = placed(members["when"], "when")
        row.pick = texts(members["pick"], "pick")
        row.join = text(members["join"], "join")
        row.prefix = text(members["prefix"], "prefix")
        row.set = members["set"].map { Placed(content: constant($0), place: place($0)) }
        row.value = members["value"].map { Placed(content: constant($0), place: place($0)) }
        row.ref = placed(members["ref"], "ref")
        row.make = placed(members["make"], "make")
        row.with = placed(members["with"], "with")
        row.otherwise = members["else"].flatMap(alternative)
        row.onUnmapped = placed(members["onUnmapped"], "onUnmapped")
        row.isNeeded = flag(members["needed"], "needed") ?? false
        row.drop = text(members["drop"], "drop")
        row.guideRow = text(members["ig"], "ig")
        return row
    }

    private func alternative(_ node: Node) -> RowDeclaration.Alternative? {
        guard let members = members(node, keys: ["to", "as", "table"], what: "else") else { return nil }
        guard let to = text(members["to"], "to") else {
            mistake(node, "else needs to: { to: valueString, as: text }")
            return nil
        }
        return .init(
            to: to, conversion: text(members["as"], "as"), table: text(members["table"], "table"), place: place(node))
    }
}

// MARK: Message maps

extension YAMLReader {
    func message(_ node: Node, name: String) -> MessageMapDeclaration? {
        let keys = ["message", "official", "for", "content", "ig"]
        guard let members = members(node, keys: keys, what: "a message map") else { return nil }
        check(text(members["message"], "message"), equals: name, key: "message", at: members["message"] ?? node)
        guard let isOfficial = flag(members["official"], "official") else {
            mistake(node, "the message map needs official: true if the guide has it, false if it is ours")
            return nil
        }
        var map = MessageMapDeclaration(name: name, place: place(node), isOfficial: isOfficial)
        map.events = texts(members["for"], "for")
        guard let content = members["content"] else {
            mistake(node, "the message map needs content: its segments and groups")
            return nil
        }
        map.content = self.content(content)
        return map
    }

    func content(_ node: Node) -> [MessageMapDeclaration.Content] {
        elements(node).compactMap { node in
            let keys = ["segment", "group", "starts", "use", "content", "drop", "ig"]
            guard let members = members(node, keys: keys, what: "an entry of content") else { return nil }
            var entry = MessageMapDeclaration.Content(place: place(node))
            entry.segment = text(members["segment"], "segment")
            entry.group = text(members["group"], "group")
            guard (entry.segment == nil) != (entry.group == nil) else {
                mistake(node, "an entry of content is either segment: NAME or group: NAME")
                return nil
            }
            entry.starts = texts(members["starts"], "starts").map(\.content)
            if let use = members["use"] { entry.actions = elements(use).compactMap(action) }
            if let content = members["content"] { entry.content = self.content(content) }
            entry.drop = text(members["drop"], "drop")
            if entry.group != nil, !entry.actions.isEmpty || entry.drop != nil || entry.content.isEmpty {
                mistake(node, "a group has content, and nothing else but starts; write use at its segments")
            }
            return entry
        }
    }

    private func action(_ node: Node) -> MessageMapDeclaration.Action? {
        let keys = ["make", "extend", "with", "again", "when", "orMake", "bundle", "refs", "link", "ig"]
        guard let members = members(node, keys: keys, what: "an action of use") else { return nil }
        guard let name = text(members["make"] ?? members["extend"], "make"),
            (members["make"] == nil) != (members["extend"] == nil), let with = placed(members["with"], "with")
        else {
            mistake(node, "an action is { make: NAME, with: MAP } or { extend: NAME, with: MAP }")
            return nil
        }
        var action = MessageMapDeclaration.Action(
            kind: members["make"] != nil ? .make : .extend, name: name, with: with, place: place(node))
        action.again = placed(members["again"], "again")
        action.when = placed(members["when"], "when")
        action.orMake = flag(members["orMake"], "orMake") ?? false
        action.bundle = placed(members["bundle"], "bundle")
        for (key, place, value) in members["refs"].flatMap({ pairs($0, what: "refs") }) ?? [] {
            guard let name = text(value, "refs") else { continue }
            action.refs.append((Placed(content: key, place: place), name))
        }
        for (key, place, value) in members["link"].flatMap({ pairs($0, what: "link") }) ?? [] {
            guard let path = text(value, "link") else { continue }
            action.links.append((Placed(content: key, place: place), path))
        }
        return action
    }
}

// MARK: Overlays

extension YAMLReader {
    func overlay(_ node: Node) -> OverlayDeclaration? {
        let keys = ["overlay", "for", "maps", "tables", "messages", "new"]
        guard let members = members(node, keys: keys, what: "an overlay") else { return nil }
        var overlay = OverlayDeclaration(name: text(members["overlay"], "overlay") ?? "", place: place(node))
        if let selector = members["for"] {
            let keys = ["application", "facility", "version"]
            let parts = self.members(selector, keys: keys, what: "for of an overlay") ?? [:]
            overlay.selector = MapSelector(
                application: text(parts["application"], "application"), facility: text(parts["facility"], "facility"),
                version: text(parts["version"], "version"))
        }
        for (name, place, value) in members["maps"].flatMap({ pairs($0, what: "maps") }) ?? [] {
            guard let parts = self.members(value, keys: ["add", "replace", "drop"], what: "a change of a map")
            else { continue }
            overlay.maps.append(
                OverlayDeclaration.MapChange(
                    name: Placed(content: name, place: place),
                    add: parts["add"].map { elements($0).compactMap(row) } ?? [],
                    replace: parts["replace"].map { elements($0).compactMap(row) } ?? [],
                    drop: texts(parts["drop"], "drop")))
        }
        for (name, _, value) in members["tables"].flatMap({ pairs($0, what: "tables") }) ?? [] {
            guard var table = table(value, name: nil) else { continue }
            table.name = name
            overlay.tables.append(table)
        }
        for (name, place, value) in members["messages"].flatMap({ pairs($0, what: "messages") }) ?? [] {
            guard let parts = self.members(value, keys: ["content"], what: "a change of a message map") else {
                continue
            }
            overlay.messages.append((Placed(content: name, place: place), parts["content"].map(content) ?? []))
        }
        if let new = members["new"] {
            overlay.new = elements(new).compactMap { resourceMap($0, name: nil, kind: .segment) }
        }
        return overlay
    }
}
