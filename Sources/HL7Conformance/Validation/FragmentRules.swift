import HL7

/// Messages that are sent in parts: the last segment of a part is a DSC whose first field is the continuation pointer,
/// and the next part carries it in MSH-14 (HL7 2.5.1 §2.10.2).
enum FragmentRules {
    /// Whether a message is only a part, so that it cannot be held against a structure.
    ///
    /// - Parameter names: the segments' names as numbers.
    static func check(_ message: Message, _ names: [UInt32], _ report: inout Report) -> Bool {
        var location: Location?
        if let pointer = message[position: 0].field(14), !pointer.isEmpty, !pointer.isNull {
            location = Location(segment: "MSH", field: 14)
        } else if let position = names.lastIndex(of: SegmentName.dsc),
            let pointer = message[position: position].field(1), !pointer.isEmpty, !pointer.isNull
        {
            location = message[position: position].location(field: 1)
        }
        guard let location else { return false }
        report.add(
            .fragment, location,
            "the message is one part of several; the parts are not joined, and the order of segments is not checked")
        return true
    }
}
