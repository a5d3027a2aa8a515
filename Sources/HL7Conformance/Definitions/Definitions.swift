/// The HL7 v2 definitions of one version: events, structures, segments, data types and tables.
///
///     let definitions = Definitions.version(.v2_5_1)
///     definitions.segment("PID")?.field(5)?.name          // "Patient Name"
///     definitions.table("0001")?.text(for: "F")           // "Female"
///     definitions.structure(type: "ADT", event: "A08")?.name   // "ADT_A01"
///
/// A version is decoded when it is first asked for and then kept. Copying is one retain.
public struct Definitions: Sendable {
    let data: DefinitionSet

    public var version: Version { data.version }

    /// The definitions of a version.
    public static func version(_ version: Version) -> Definitions { Definitions(data: Self.set(version)) }

    /// The segment with a name, or nil if the version does not define it.
    public func segment(_ name: String) -> SegmentDefinition? {
        guard name.utf8.count == 3 else { return nil }
        return data.segment(DefinitionLoader.code(name.utf8)).map { SegmentDefinition(data: data, row: $0) }
    }

    /// All segments of the version, by name.
    public var segments: [SegmentDefinition] { data.segments.indices.map { SegmentDefinition(data: data, row: $0) } }

    /// The data type with a name, or nil if the version does not define it.
    public func dataType(_ name: String) -> DataType? {
        data.typeByName[TableText.hash(name.utf8)].map { DataType(data: data, row: Int($0)) }
    }

    /// The table with a four-digit number. Up to 2.3, whose tables are not known, the tables of 2.3.1.
    public func table(_ number: String) -> CodeTable? {
        guard let number = Int(number), let row = data.table(number: number) else { return nil }
        return CodeTable(data: data, row: row)
    }

    /// The structure that messages of a type and event have (MSH-9.1, MSH-9.2), or nil if the version has none.
    public func structure(type: String, event: String) -> Structure? {
        let key = event.isEmpty || type == "ACK" ? type : "\(type)_\(event)"
        return structure(event: TableText.hash(key.utf8))
    }

    /// The structure of an event by the hash of its name (`ADT_A08`).
    func structure(event hash: UInt64) -> Structure? { data.events[hash].flatMap { structure(hash: $0.structure) } }

    /// The structure with a name (`ADT_A01`), or nil if the version has none.
    public func structure(_ name: String) -> Structure? { structure(hash: TableText.hash(name.utf8)) }

    private func structure(hash: UInt64) -> Structure? {
        data.structures[hash].map { Structure(data: data, hash: hash, nameText: $0.name, grammarText: $0.grammar) }
    }

    // MARK: One set a version, decoded on first use

    static func set(_ version: Version) -> DefinitionSet {
        switch version {
        case .v2_1: Decoded.v2_1
        case .v2_2: Decoded.v2_2
        case .v2_3: Decoded.v2_3
        case .v2_3_1: Decoded.v2_3_1
        case .v2_4: Decoded.v2_4
        case .v2_5: Decoded.v2_5
        case .v2_5_1: Decoded.v2_5_1
        case .v2_6: Decoded.v2_6
        case .v2_7: Decoded.v2_7
        case .v2_7_1: Decoded.v2_7_1
        case .v2_8: Decoded.v2_8
        case .v2_8_1: Decoded.v2_8_1
        case .v2_8_2: Decoded.v2_8_2
        }
    }

    // swift-format-ignore: AlwaysUseLowerCamelCase
    private enum Decoded {
        static let v2_1 = DefinitionSet(.v2_1)
        static let v2_2 = DefinitionSet(.v2_2)
        static let v2_3 = DefinitionSet(.v2_3)
        static let v2_3_1 = DefinitionSet(.v2_3_1)
        static let v2_4 = DefinitionSet(.v2_4)
        static let v2_5 = DefinitionSet(.v2_5)
        static let v2_5_1 = DefinitionSet(.v2_5_1)
        static let v2_6 = DefinitionSet(.v2_6)
        static let v2_7 = DefinitionSet(.v2_7)
        static let v2_7_1 = DefinitionSet(.v2_7_1)
        static let v2_8 = DefinitionSet(.v2_8)
        static let v2_8_1 = DefinitionSet(.v2_8_1)
        static let v2_8_2 = DefinitionSet(.v2_8_2)
    }
}
