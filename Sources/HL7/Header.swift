/// What MSH says about a message: who sent it to whom, what it is, and which rules it follows (HL7 2.5.1 §2.15.9).
///
/// Names and numbers are those of the standard; everything is the first repetition, decoded and unescaped, and empty
/// where the message has nothing.
public struct Header: Sendable {
    let segment: Segment

    /// MSH-3.1
    public var sendingApplication: String { text(3, 1) }
    /// MSH-4.1
    public var sendingFacility: String { text(4, 1) }
    /// MSH-5.1
    public var receivingApplication: String { text(5, 1) }
    /// MSH-6.1
    public var receivingFacility: String { text(6, 1) }
    /// MSH-9.1, as `ADT`
    public var messageCode: String { text(9, 1) }
    /// MSH-9.2, as `A01`
    public var triggerEvent: String { text(9, 2) }
    /// MSH-9.3, as `ADT_A01`
    public var messageStructure: String { text(9, 3) }
    /// MSH-10, byte for byte: an answer repeats it in MSA-2.
    public var controlID: ArraySlice<UInt8> { segment.field(10)?.bytes ?? [] }
    /// MSH-11.1, table 0103
    public var processingID: String { text(11, 1) }
    /// MSH-12.1, as `2.5.1`
    public var version: String { text(12, 1) }
    /// MSH-15, table 0155
    public var acceptAcknowledgment: String { text(15, 1) }
    /// MSH-16, table 0155
    public var applicationAcknowledgment: String { text(16, 1) }

    /// Code and event as one word, `ADT^A01`; the code alone if there is no event.
    public var type: String { triggerEvent.isEmpty ? messageCode : messageCode + "^" + triggerEvent }

    private func text(_ field: Int, _ component: Int) -> String { segment[field, component: component] ?? "" }
}

extension Message {
    /// The message's MSH. A parsed message always has one.
    public var header: Header { Header(segment: Segment(index, 0)) }
}
