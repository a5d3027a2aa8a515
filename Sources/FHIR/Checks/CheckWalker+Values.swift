// MARK: Primitive values and codes

extension CheckWalker {
    mutating func checkPrimitive(_ value: JSONValue, _ type: R4Model.TypeRow, _ row: R4Model.ElementRow) {
        guard let format = type.format else { return }
        switch format {
        case .boolean:
            if value.bool == nil { report(.jsonType, "true or false is expected") }
        case .decimal:
            if value.number == nil { report(.jsonType, "a number is expected") }
        case .integer, .positiveInt, .unsignedInt: checkInteger(value, format)
        default: checkText(value, format, row)
        }
    }

    /// Integers of R4 have 32 bits (section 2.24.0.1).
    private mutating func checkInteger(_ value: JSONValue, _ format: R4Format) {
        guard let number = value.number, number.isInteger else {
            return report(.jsonType, "a number without fraction and exponent is expected")
        }
        let least: Int32 =
            switch format {
            case .positiveInt: 1
            case .unsignedInt: 0
            default: .min
            }
        guard let int = number.int.flatMap(Int32.init(exactly:)), int >= least else {
            return report(.value, "not a whole number from \(least) to \(Int32.max)")
        }
    }

    private mutating func checkText(_ value: JSONValue, _ format: R4Format, _ row: R4Model.ElementRow) {
        guard let text = value.string else { return report(.jsonType, "a string is expected for a \(format.rawValue)") }
        switch format.problem(in: text) {
        case .empty: return report(.empty, "a string of nothing but white space")
        case .control: return report(.value, "a control character in a string")
        case .format: return report(.format, "not written as a \(format.rawValue)")
        case .calendar: return report(.format, "no such day in the calendar")
        case nil: break
        }
        if format == .code && row.valueSet >= 0 {
            let set = model.valueSets[Int(row.valueSet)]
            if !set.contains(text) { report(.code, "not a code of the required \(set.summary)") }
        }
    }

    /// A Coding must be of the value set; of a CodeableConcept one coding must.
    mutating func checkCoding(_ value: JSONValue, _ type: R4Model.TypeRow, _ row: R4Model.ElementRow) {
        let codings: [JSONValue]
        switch type.name {
        case "Coding": codings = [value]
        case "CodeableConcept": codings = value["coding"]?.array ?? []
        default: return
        }
        guard value.object != nil else { return }
        let set = model.valueSets[Int(row.valueSet)]
        let isThere = codings.contains { coding in
            set.codings.contains { $0.system == coding["system"]?.string && $0.code == coding["code"]?.string }
        }
        if !isThere { report(.code, "no coding of the required \(set.summary)") }
    }
}

extension R4ValueSet {
    /// The name and the first codes, for messages.
    fileprivate var summary: String {
        let more = codings.count > 8 ? ", …" : ""
        return "\(name) (\(codes.prefix(8).joined(separator: ", "))\(more))"
    }
}

// MARK: References

extension CheckWalker {
    mutating func checkReference(_ value: JSONValue, targets: Int16) {
        guard let object = value.object else { return }
        guard let literal = object["reference"], literal != .null else {
            let says = ["identifier", "display", "extension"].contains { object[$0].map(Self.hasContent) ?? false }
            if !says { report(.reference, "ref-1: a Reference without reference, identifier and display") }
            return
        }
        guard let text = literal.string else { return }
        guard let reference = Reference(text) else {
            return report(.reference, "not a reference: Type/id, Type?search, #id, urn: or http(s): is expected")
        }
        switch resolve(reference) {
        case .nothing(let text): report(.reference, text)
        case .resource(let type): checkTarget(type, targets)
        }
    }

    private enum Resolution {
        /// Found, or rightly elsewhere; nil if the type is not known.
        case resource(type: String?)
        case nothing(String)
    }

    private func resolve(_ reference: Reference) -> Resolution {
        switch reference {
        case .contained(let id):
            let contained = owner?["contained"]?.array?.first { $0["id"]?.string == id }
            if contained == nil && !id.isEmpty { return .nothing("no contained resource has this id") }
            return .resource(type: contained?["resourceType"]?.string)
        case .urn(let url):
            guard let type = index.typeByFullURL[url] else { return .nothing("no entry has this fullUrl") }
            return .resource(type: type)
        case .absolute(let url, let type):
            return .resource(type: (index.typeByFullURL[url] ?? nil) ?? type)
        case .conditional(let type, _): return .resource(type: type)
        case .relative(let type, let id, _):
            if isBundle && !index.typesAndIDs.contains("\(type)/\(id)") {
                return .nothing("no entry of the bundle has this type and id")
            }
            return .resource(type: type)
        }
    }

    private mutating func checkTarget(_ type: String?, _ targets: Int16) {
        guard let type, !type.isEmpty, targets >= 0 else { return }
        let allowed = model.targets[Int(targets)]
        if !allowed.contains(type) && !allowed.contains("Resource") {
            let name = R4.isResource(type) ? "a \(type)" : "no resource type of R4"
            report(.referenceType, "refers to \(name); allowed are \(allowed.joined(separator: ", "))")
        }
    }
}
