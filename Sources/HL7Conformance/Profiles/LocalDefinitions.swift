/// What a profile defines itself: Z segments, further fields of other segments, other data types of fields. They are
/// laid over the version's definitions, so that their values are checked like all others.
struct LocalDefinitions {
    /// The version's own set if the profile defines nothing.
    let set: DefinitionSet
    /// The names that the profile gives, by `ZPI-2`.
    private(set) var names: [String: String] = [:]
    private var lastFields: [UInt32: Int] = [:]

    init(_ elements: [ProfileSource.Element], over base: DefinitionSet) {
        var rows: [UInt32: [Int: UInt8]] = [:]
        for element in elements {
            guard let path = ElementPath(element.path), path.segment != nil else { continue }
            if let name = element.name { names[path.text] = name }
            guard path.isField, let name = element.type, let type = base.typeByName[TableText.hash(name.utf8)] else {
                continue
            }
            rows[path.code, default: [:]][path.field] = type
        }
        guard !rows.isEmpty else {
            set = base
            return
        }
        var segments = base.segments
        var fields = base.fields
        for (code, types) in rows {
            let known = base.segment(code).map { base.segments[$0] }
            let count = max(Int(known?.fieldCount ?? 0), types.keys.max() ?? 0)
            var row = DefinitionSet.SegmentRow(
                code: code, firstField: UInt32(fields.count), fieldCount: UInt16(count), title: known?.title ?? .none)
            row.lastRequired = known?.lastRequired ?? 0
            for number in 1...count {
                var field = Self.open
                if let known, number <= Int(known.fieldCount) {
                    field = base.fields[Int(known.firstField) + number - 1]
                }
                if let type = types[number] {
                    field.type = type
                    if field.usage == .undefined { field.usage = .optional }
                } else if known == nil {
                    field.usage = .optional
                    field.type = base.unknownType
                }
                fields.append(field)
            }
            if let index = segments.firstIndex(where: { $0.code == code }) {
                segments[index] = row
            } else {
                segments.insert(row, at: segments.firstIndex { $0.code > code } ?? segments.count)
                lastFields[code] = count
            }
        }
        set = DefinitionSet(base, segments: segments, fields: fields)
    }

    private static let open = DefinitionSet.FieldRow(
        type: 0, usage: .undefined, minimum: 0, maximum: 0, length: 0, table: 0, tableNumber: 0, item: 0, name: .none)

    /// The last field of a segment that the version does not define and the profile does; 0 for any other.
    func lastField(of code: UInt32) -> Int { lastFields[code] ?? 0 }
}
