import FHIR
import HL7

/// Compiles one message map.
struct MessageCompiler {
    let compiler: MapCompiler
    let declaration: MessageMapDeclaration
    let maps: [ResourcePlan]

    init(_ compiler: MapCompiler, _ declaration: MessageMapDeclaration, _ maps: [ResourcePlan]) {
        self.compiler = compiler
        self.declaration = declaration
        self.maps = maps
    }

    func compiled() -> MessagePlan {
        var types = ["bundle": "Bundle"]
        collectTypes(declaration.content, into: &types)
        var plan = MessagePlan(name: declaration.name, isOfficial: declaration.isOfficial, entries: [])
        plan.entries.append(MessagePlan.Entry(segment: nil, parent: -1, isGroup: true))
        add(declaration.content, to: 0, of: &plan, types)
        checkRequired(plan)
        return plan
    }

    private func map(_ name: Placed<String>) -> ResourcePlan? {
        guard let index = compiler.indices[name.content], compiler.declarations.segments[name.content] != nil else {
            compiler.mistakes.add(
                name.place, "there is no segment map \(name.content); add segments/\(name.content).yaml")
            return nil
        }
        return maps[index]
    }

    private func collectTypes(_ content: [MessageMapDeclaration.Content], into types: inout [String: String]) {
        for entry in content {
            for action in entry.actions {
                guard let map = compiler.declarations.segments[action.with.content] else { continue }
                let type = map.target.content
                if let other = types[action.name], other != type {
                    compiler.mistakes.add(
                        action.place,
                        "\(action.name) is a \(other) already, and \(map.name) makes a \(type); use another name")
                }
                types[action.name] = type
            }
            collectTypes(entry.content, into: &types)
        }
    }

    private func add(
        _ content: [MessageMapDeclaration.Content], to parent: Int, of plan: inout MessagePlan,
        _ types: [String: String]
    ) {
        for declared in content {
            let index = plan.entries.count
            var entry = MessagePlan.Entry(segment: declared.segment, parent: parent)
            entry.isGroup = declared.group != nil
            entry.isDropped = declared.drop != nil
            entry.starts = declared.starts.isEmpty ? [Self.firstSegment(declared)] : declared.starts
            entry.actions = declared.actions.compactMap { compile($0, types) }
            if let segment = declared.segment,
                plan.entries[parent].children.contains(where: { plan.entries[$0].segment == segment })
            {
                compiler.mistakes.add(
                    declared.place,
                    "\(segment) is there twice on this level; write one entry with several actions in use")
            }
            plan.entries.append(entry)
            plan.entries[parent].children.append(index)
            add(declared.content, to: index, of: &plan, types)
        }
    }

    private static func firstSegment(_ content: MessageMapDeclaration.Content) -> String {
        content.segment ?? content.content.first.map(firstSegment) ?? ""
    }

    private func compile(_ action: MessageMapDeclaration.Action, _ types: [String: String]) -> MessagePlan.Action? {
        guard let map = map(action.with) else { return nil }
        if action.name == "bundle", action.kind == .make {
            compiler.mistakes.add(action.place, "the bundle is there already; write extend: bundle")
        }
        var kind: FHIRBundle.Kind?
        if let bundle = action.bundle {
            kind = FHIRBundle.Kind(rawValue: bundle.content)
            if kind == nil {
                compiler.mistakes.add(bundle.place, "bundle is one of transaction, batch, collection, message")
            }
        }
        checkReferences(of: map, types, action.place)
        let again = action.again.flatMap(self.map)
        if let again, again.target != map.target || action.kind == .make {
            compiler.mistakes.add(action.place, "again needs extend: and a map that fills a \(map.target)")
        }
        return MessagePlan.Action(
            makes: action.kind == .make || action.orMake, extends: action.kind == .extend, name: action.name,
            map: map.index, again: again?.index, when: action.when.flatMap { compiler.compile(condition: $0, nil) },
            bundle: kind,
            refs: action.refs.compactMap { path, name in
                reference(path, in: map.target, to: name, id: "refs.\(path.content)", map.name, types)
            },
            links: action.links.compactMap { name, path in
                guard let owner = types[name.content] else {
                    unknown(name.content, types, name.place)
                    return nil
                }
                let path = Placed(content: path, place: name.place)
                return reference(path, in: owner, to: action.name, id: "link.\(name.content)", map.name, types)
                    .map { (name.content, $0) }
            })
    }

    private func reference(
        _ path: Placed<String>, in type: String, to name: String, id: String, _ map: String, _ types: [String: String]
    ) -> RowPlan? {
        let found = RowCompiler.target(path, of: type, compiler: compiler) { compiler.mistakes.add(path.place, $0) }
        guard let (target, element) = found else { return nil }
        guard let targetType = types[name] else {
            unknown(name, types, path.place)
            return nil
        }
        guard element.types[0] == "Reference", element.allows(target: targetType) else {
            compiler.mistakes.add(path.place, "\(type).\(path.content) does not refer to a \(targetType)")
            return nil
        }
        return RowPlan(id: id, map: map, target: target, output: .reference(name))
    }

    private func unknown(_ name: String, _ types: [String: String], _ place: MapPlace) {
        compiler.mistakes.add(
            place, "nothing in this message is made as \(name); there is \(types.keys.sorted().joined(separator: ", "))"
        )
    }

    /// Rows `ref: NAME` fit the type that the name has in this message.
    private func checkReferences(of map: ResourcePlan, _ types: [String: String], _ place: MapPlace) {
        for row in map.rows {
            guard case .reference(let name) = row.output, let type = types[name] else { continue }
            let path = (TargetPiece.pieces(of: row.target.text) ?? []).map(\.name).joined(separator: ".")
            if let element = Definitions.element(map.target, path), !element.allows(target: type) {
                compiler.mistakes.add(
                    place, "row \(row.id) of \(map.name) refers to \(name), a \(type), which \(path) does not allow")
            }
        }
    }

    /// Every resource made has a row or a filler for each element that R4 requires.
    private func checkRequired(_ plan: MessagePlan) {
        let actions = plan.entries.flatMap(\.actions)
        let links = actions.flatMap(\.links)
        for action in actions where action.makes {
            var written: Set<String> = []
            for other in actions where other.name == action.name {
                written.formUnion(other.refs.compactMap { $0.target.steps.first?.key })
                written.formUnion(compiler.written(by: maps[other.map]))
            }
            written.formUnion(links.filter { $0.name == action.name }.compactMap { $0.row.target.steps.first?.key })
            compiler.checkRequired(maps[action.map], written: written)
        }
    }
}
