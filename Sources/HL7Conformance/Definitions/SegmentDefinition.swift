/// A segment of a version: its name and fields.
public struct SegmentDefinition: Sendable {
    let data: DefinitionSet
    let row: Int

    /// The three-letter name.
    public var name: String { SegmentName.text(data.segments[row].code) }

    /// What the standard calls it: `Patient Identification`.
    public var title: String { data.segments[row].title.string(in: DefinitionTables.segments) }

    /// The highest field number.
    public var fieldCount: Int { Int(data.segments[row].fieldCount) }

    /// Field `position` (1-based), or nil where the version defines none.
    public func field(_ position: Int) -> FieldDefinition? {
        guard position >= 1, position <= fieldCount else { return nil }
        let index = Int(data.segments[row].firstField) + position - 1
        return data.fields[index].usage == .undefined
            ? nil : FieldDefinition(data: data, index: index, position: position)
    }

    public var fields: [FieldDefinition] { (0..<fieldCount).compactMap { field($0 + 1) } }
}

/// A field of a segment.
public struct FieldDefinition: Sendable {
    let data: DefinitionSet
    let index: Int
    /// 1-based.
    public let position: Int

    private var row: DefinitionSet.FieldRow { data.fields[index] }

    public var name: String { row.name.string(in: DefinitionTables.fields) }
    public var usage: Usage { row.usage }
    public var dataType: DataType { DataType(data: data, row: Int(row.type)) }
    public var repetitionsMin: Int { Int(row.minimum) }
    /// nil = unlimited.
    public var repetitionsMax: Int? { row.maximum == 0 && row.usage != .withdrawn ? nil : Int(row.maximum) }
    /// The longest value in characters, or nil where the standard states none or leaves it to the data type.
    public var lengthMax: Int? { row.length == 0 ? nil : Int(row.length) }
    /// The four-digit number of the table that its codes come from.
    public var tableNumber: String? { CodeTable.text(ofNumber: row.tableNumber) }
    public var table: CodeTable? { row.table == 0 ? nil : CodeTable(data: data, row: Int(row.table) - 1) }
    /// The item number in the standard's data dictionary; 0 where none is given.
    public var item: Int { Int(row.item) }
}
