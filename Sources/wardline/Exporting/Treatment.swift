internal import HL7Conformance

/// What becomes of a value when a message is made fit to be shown to others.
enum Treatment: Hashable {
    /// Codes, measurements, types of things: nothing about a person.
    case keep
    /// Says who somebody is: gets a pseudonym, and must be found nowhere afterwards.
    case identify
    /// May say anything: gets other letters and digits.
    case scramble
    case date

    /// What a component, or a sub-component of one, is.
    ///
    /// What the standard does not say to be harmless is not kept.
    ///
    /// - Parameters:
    ///   - field: 1-based, as the other numbers.
    ///   - type: of the field; nil where the standard defines none.
    init(segment: String, field: Int, type: DataType?, component: Int, subcomponent: Int) {
        switch (segment, field) {
        case ("MSH", 10), ("MSA", 2), ("BHS", 11), ("FHS", 11): self = .identify
        case ("MSH", 7), ("EVN", 2), ("EVN", 3), ("EVN", 6): self = .date
        case ("MSH", _), ("MSA", 1), ("MSA", 4...), ("EVN", 1), ("EVN", 4), ("OBX", 2), ("ERR", 1), ("ERR", 2):
            self = .keep
        // Social security, driver's licence, account and visit numbers, whatever the version calls their types.
        case ("PID", 2...4), ("PID", 18...21), ("PV1", 19), ("PV1", 50), ("MRG", _):
            self =
                Self.type("CX", component, subcomponent)
        default:
            self = Self.type(type?.name ?? "", component, subcomponent)
            // Sub-components have the type of their component.
            if self == .scramble, subcomponent >= 1, let part = type?.component(component)?.dataType,
                part.name != type?.name
            {
                self = part.isComposite ? Self.type(part.name, subcomponent, 1) : Self.type(part.name, 1, 1)
            }
        }
    }

    private static func type(_ name: String, _ component: Int, _ subcomponent: Int) -> Treatment {
        switch name {
        case "ID", "IS", "SI", "NM", "HD", "PT", "VID", "MSG", "PL", "SN", "MO", "CP", "ELD", "RI", "TQ": .keep
        case "CE", "CWE", "CNE", "CF": component == 9 ? .scramble : .keep
        case "DT", "DTM", "TS", "DR", "TM": name == "TM" ? .keep : name == "TS" && component > 1 ? .keep : .date
        case "CX", "CK": component <= 2 ? .identify : component == 7 || component == 8 ? .date : .keep
        case "EI": component == 1 ? .identify : .keep
        case "EIP", "CM": .identify
        case "XPN", "PN": component <= 6 ? .identify : .keep
        case "XCN", "CN": component <= 7 ? .identify : .keep
        case "XAD", "AD": component == 6 || component == 7 ? .keep : .identify
        case "XTN", "TN": component == 2 || component == 3 ? .keep : .identify
        default: .scramble
        }
    }
}
