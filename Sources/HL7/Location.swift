/// Where in a message something was found: an ERR location as people write it.
///
///     PID-3.1        OBX[2]-5[3].1        PV1
///
/// Every `[1]` is left out. A missing segment is its bare name.
public struct Location: Hashable, Sendable, CustomStringConvertible {
    public var segment: String
    public var occurrence: Int
    public var field: Int?
    public var repetition: Int?
    public var component: Int?
    public var subcomponent: Int?

    public init(
        segment: String, occurrence: Int = 1, field: Int? = nil, repetition: Int? = nil, component: Int? = nil,
        subcomponent: Int? = nil
    ) {
        self.segment = segment
        self.occurrence = occurrence
        self.field = field
        self.repetition = repetition
        self.component = component
        self.subcomponent = subcomponent
    }

    public var description: String {
        func index(_ number: Int?) -> String { number.map { $0 == 1 ? "" : "[\($0)]" } ?? "" }
        var text = segment + index(occurrence)
        guard let field else { return text }
        text += "-\(field)" + index(repetition)
        guard let component else { return text }
        text += ".\(component)"
        if let subcomponent { text += ".\(subcomponent)" }
        return text
    }
}
