/// All maps, read from files, checked against FHIR R4 and compiled.
///
/// The format of the files is explained in `Interfaces/maps/README.md`.
public struct ResourceMaps: Sendable {
    /// Overlays that are for some senders only, most specific first, then the maps for everyone else.
    private let variants: [(selector: MapSelector?, plan: LoadedPlan)]
    /// The message types with a map.
    private let events: [(type: String, map: String, isOfficial: Bool)]

    /// The maps that are part of the program.
    ///
    /// - Throws: ``MapError/Code/mistakes``, which a test rules out.
    public static func builtIn() throws(MapError) -> ResourceMaps { try ResourceMaps(BuiltInMaps.files) }

    /// The maps of a folder laid over those of the program: a file of the same path replaces the one of the program.
    ///
    /// - Throws: ``MapError``, with every mistake in the files.
    public init(folder: String) throws(MapError) {
        try self.init(BuiltInMaps.files.overlaid(with: MapFiles(folder: folder)))
    }

    /// The maps of exactly these files.
    ///
    /// - Throws: ``MapError/Code/mistakes``.
    public init(_ files: MapFiles) throws(MapError) {
        let mistakes = MistakeList()
        let declarations = MapDeclarations(reading: files, mistakes: mistakes)
        let version = Identity.digest(
            files.texts.sorted { $0.key < $1.key }.map { $0.key + "\n" + $0.value }.joined(separator: "\n"))
        var selectors: [MapSelector?] = []
        for overlay in declarations.overlays where !selectors.contains(overlay.selector) {
            selectors.append(overlay.selector)
        }
        if !selectors.contains(nil) { selectors.append(nil) }
        selectors.sort { ($0?.weight ?? 0) > ($1?.weight ?? 0) }
        var variants: [(MapSelector?, CompiledMaps)] = []
        for selector in selectors {
            let overlaid = declarations.overlaid(for: selector, mistakes: mistakes)
            variants.append((selector, MapCompiler(overlaid, mistakes: mistakes).compiled(version: version)))
        }
        let found = mistakes.sorted
        guard found.isEmpty else { throw MapError(.mistakes, "the maps have \(found.count) mistakes", mistakes: found) }
        let general = variants.last?.1 ?? CompiledMaps()
        events = general.events.sorted { $0.key < $1.key }.map {
            ($0.key, general.messages[$0.value].name, general.messages[$0.value].isOfficial)
        }
        self.variants = variants.map { (selector: $0.0, plan: LoadedPlan($0.1)) }
    }

    /// SHA-256 of all files, in hexadecimal.
    public var version: String { variants.last?.plan.version ?? "" }

    /// The message types with a map (`ADT^A01`), sorted, and whether the guide has that map.
    public var messageTypes: [(type: String, map: String, isOfficial: Bool)] { events }

    func plan(application: String, facility: String, version: String) -> LoadedPlan {
        for (selector, plan) in variants.dropLast() {
            guard let selector else { return plan }
            if selector.application ?? application == application, selector.facility ?? facility == facility,
                selector.version ?? version == version
            {
                return plan
            }
        }
        return variants[variants.count - 1].plan  // there is always one for everyone
    }
}

extension MapDeclarations {
    /// The declarations with the overlays for everyone and those for a selector applied.
    func overlaid(for selector: MapSelector?, mistakes: MistakeList) -> MapDeclarations {
        var result = self
        for overlay in overlays where overlay.selector == nil || overlay.selector == selector {
            for map in overlay.new {
                if datatypes[map.name] == nil { result.segments[map.name] = map }
            }
            for table in overlay.tables { result.apply(table) }
            for change in overlay.maps {
                if var map = result.segments[change.name.content] {
                    change.apply(to: &map, mistakes)
                    result.segments[change.name.content] = map
                } else if var map = result.datatypes[change.name.content] {
                    change.apply(to: &map, mistakes)
                    result.datatypes[change.name.content] = map
                } else {
                    mistakes.add(change.name.place, "there is no map \(change.name.content); write it under new:")
                }
            }
            for (name, content) in overlay.messages {
                if result.messages[name.content] == nil {
                    mistakes.add(name.place, "there is no message map \(name.content)")
                }
                result.messages[name.content]?.add(content)
            }
        }
        return result
    }

    private mutating func apply(_ table: TableDeclaration) {
        guard var existing = tables[table.name] else {
            tables[table.name] = table
            return
        }
        existing.codes.removeAll { old in table.codes.contains { $0.inputs == old.inputs } }
        existing.codes += table.codes.map { entry in
            var entry = entry
            entry.code.system = entry.code.system ?? table.system
            return entry
        }
        existing.rows = table.rows + existing.rows
        existing.v2 = table.v2 ?? existing.v2
        tables[table.name] = existing
    }
}

extension OverlayDeclaration.MapChange {
    fileprivate func apply(to map: inout ResourceMapDeclaration, _ mistakes: MistakeList) {
        for id in drop {
            if !map.rows.contains(where: { $0.id == id.content }) {
                mistakes.add(id.place, "\(map.name) has no row \(id.content) to drop")
            }
            map.rows.removeAll { $0.id == id.content }
        }
        for row in replace {
            if let index = map.rows.firstIndex(where: { $0.id == row.id }) {
                map.rows[index] = row
            } else {
                mistakes.add(row.place, "\(map.name) has no row \(row.id) to replace; write it under add:")
            }
        }
        for row in add {
            if map.rows.contains(where: { $0.id == row.id }) {
                mistakes.add(row.place, "\(map.name) has a row \(row.id) already; write it under replace:")
            }
            map.rows.append(row)
        }
    }
}

extension MessageMapDeclaration {
    /// Adds entries; actions for a segment that has an entry on the top level already are added to it.
    fileprivate mutating func add(_ entries: [Content]) {
        for entry in entries {
            if let segment = entry.segment, let index = content.firstIndex(where: { $0.segment == segment }) {
                content[index].actions += entry.actions
                content[index].content += entry.content
            } else {
                content.append(entry)
            }
        }
    }
}
