/// A data type of a version.
public struct DataType: Sendable {
    let data: DefinitionSet
    let row: Int

    /// `XPN`, `varies`; empty where the version uses a type that it does not define.
    public var name: String { data.types[row].name.string(in: DefinitionTables.dataTypes) }
    /// `Extended person name`; empty for many primitive types.
    public var title: String { data.types[row].title.string(in: DefinitionTables.dataTypes) }
    public var isComposite: Bool { data.types[row].componentCount > 0 }
    public var componentCount: Int { Int(data.types[row].componentCount) }

    /// Component `position` (1-based), or nil where the type has none.
    public func component(_ position: Int) -> ComponentDefinition? {
        guard position >= 1, position <= componentCount else { return nil }
        let index = Int(data.types[row].firstComponent) + position - 1
        guard data.components[index].usage != .undefined else { return nil }
        return ComponentDefinition(data: data, index: index, position: position)
    }

    public var components: [ComponentDefinition] { (0..<componentCount).compactMap { component($0 + 1) } }
}

/// A component of a composite data type.
public struct ComponentDefinition: Sendable {
    let data: DefinitionSet
    let index: Int
    /// 1-based.
    public let position: Int

    private var row: DefinitionSet.ComponentRow { data.components[index] }

    public var name: String { row.name.string(in: DefinitionTables.components) }
    public var usage: Usage { row.usage }
    public var dataType: DataType { DataType(data: data, row: Int(row.type)) }
    public var tableNumber: String? { CodeTable.text(ofNumber: row.tableNumber) }
    public var table: CodeTable? { row.table == 0 ? nil : CodeTable(data: data, row: Int(row.table) - 1) }
}
