import HL7

/// Holds the paths of a profile against its version, its own definitions and the structures of its messages.
extension ProfileCompiler {
    /// Whether the version or the profile defines an element, and its groups are in one of the structures.
    @discardableResult
    mutating func check(_ path: ElementPath, in maps: [StructureMap], _ origin: ProfileSource.Origin?) -> Bool {
        guard let segment = path.segment else {
            if maps.contains(where: { map in map.groups.indices.contains { map.group($0, endsWith: path.groups) } }) {
                return true
            }
            mistake("there is no group \(path.text) in these messages; \(Self.groups(of: maps))", origin)
            return false
        }
        if let reason = flaw(segment, path.field, path.component, path.subcomponent) {
            mistake(reason, origin)
            return false
        }
        if path.groups.isEmpty || maps.contains(where: { !places(path, $0).isEmpty }) { return true }
        let group = path.groups.joined(separator: ".")
        let other = maps.lazy.compactMap { map in
            map.places.first { $0.code == path.code && $0.group != 0 }.map { map.groups[$0.group].name }
        }.first
        let remedy = other.map { "write \($0).\(path.text)" } ?? "write \(path.text)"
        mistake("there is no \(segment) directly in the group \(group) of these messages; \(remedy)", origin)
        return false
    }

    private static func groups(of maps: [StructureMap]) -> String {
        var names: [String] = []
        for name in maps.flatMap(\.groupNames) where !names.contains(name) { names.append(name) }
        return names.isEmpty ? "they have none; write a segment, as PV1" : "they have \(names.joined(separator: ", "))"
    }

    mutating func check(_ condition: Condition?, _ origin: ProfileSource.Origin?) {
        for path in condition?.paths ?? [] { check(path, origin) }
    }

    mutating func check(_ path: Path, _ origin: ProfileSource.Origin?) {
        if let reason = flaw(path.segment, path.field ?? 0, path.component ?? 0, path.subcomponent ?? 0) {
            mistake("\(path): \(reason)", origin)
        }
    }

    /// Why a place does not exist; nil if it does.
    private func flaw(_ segment: String, _ field: Int, _ component: Int, _ subcomponent: Int) -> String? {
        let code = DefinitionLoader.code(segment.utf8)
        guard let row = definitions.segment(code).map({ definitions.segments[$0] }) else {
            if SegmentName.isLocal(code) {
                return field == 0
                    ? nil : "\(segment)-\(field) is nowhere defined; write it with type: and name: among the elements"
            }
            return "\(source.version) has no segment \(segment); write one that it has"
        }
        guard field > 0 else { return nil }
        guard field <= Int(row.fieldCount),
            definitions.fields[Int(row.firstField) + field - 1].usage != .undefined
        else {
            return "\(segment) has \(row.fieldCount) fields in \(source.version); write type: and name: to define "
                + "\(segment)-\(field)"
        }
        guard component > 0 else { return nil }
        let type = Int(definitions.fields[Int(row.firstField) + field - 1].type)
        if let reason = flaw("\(segment)-\(field)", type, component) { return reason }
        guard subcomponent > 0, definitions.types[type].format.hasComponents else { return nil }
        let part = definitions.components[Int(definitions.types[type].firstComponent) + component - 1]
        return flaw("\(segment)-\(field).\(component)", Int(part.type), subcomponent)
    }

    private func flaw(_ place: String, _ type: Int, _ number: Int) -> String? {
        let row = definitions.types[type]
        switch row.format {
        case .varies, .unknown: return nil
        default: break
        }
        let name = row.name.string(in: DefinitionTables.dataTypes)
        guard row.format.hasComponents else {
            return "\(place) (\(name.isEmpty ? "a time" : name)) has no parts; write \(place)"
        }
        guard number > Int(row.componentCount) else { return nil }
        return
            "\(place) (\(name)) has \(row.componentCount) parts in \(source.version); write 1 to \(row.componentCount)"
    }

    // MARK: What is known of a place that exists

    private func fieldRow(_ path: ElementPath) -> DefinitionSet.FieldRow? {
        guard let row = definitions.segment(path.code).map({ definitions.segments[$0] }), path.field > 0,
            path.field <= Int(row.fieldCount)
        else { return nil }
        return definitions.fields[Int(row.firstField) + path.field - 1]
    }

    private func component(_ number: Int, of type: UInt8) -> DefinitionSet.ComponentRow? {
        let row = definitions.types[Int(type)]
        guard number > 0, number <= Int(row.componentCount) else { return nil }
        return definitions.components[Int(row.firstComponent) + number - 1]
    }

    func format(at path: ElementPath) -> ValueFormat {
        guard let field = fieldRow(path) else { return .unknown }
        guard path.component > 0 else { return definitions.types[Int(field.type)].format }
        guard let component = component(path.component, of: field.type) else { return .unknown }
        guard path.subcomponent > 0 else { return definitions.types[Int(component.type)].format }
        return self.component(path.subcomponent, of: component.type)
            .map { definitions.types[Int($0.type)].format } ?? .unknown
    }

    /// The profile's name for a place, or the version's.
    func name(of path: ElementPath) -> String {
        if let name = local.names[path.text] { return name }
        guard let field = fieldRow(path) else { return "" }
        guard path.component > 0 else { return field.name.string(in: DefinitionTables.fields) }
        guard let component = component(path.component, of: field.type) else { return "" }
        guard path.subcomponent > 0 else { return component.name.string(in: DefinitionTables.components) }
        return self.component(path.subcomponent, of: component.type)?.name
            .string(in: DefinitionTables.components) ?? ""
    }
}
