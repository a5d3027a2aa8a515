import HL7

/// Messages of invented people, written with one line a segment.
enum Samples {
    static let header = #"MSH|^~\&|LAB7|NORTH|HUB|HIE|20240305101500||ADT^A01^ADT_A01|T1|P|2.5.1"#
    static let event = "EVN||20240305101400"
    static let patient = "PID|1||90210^^^NORTH^MR||Vale^Iris^Q||19790214|F"
    static let visit = "PV1|1|I|W3^12^B^NORTH"

    static let resultHeader = #"MSH|^~\&|LAB7|NORTH|HUB|HIE|20240305101500||ORU^R01^ORU_R01|T2|P|2.5.1"#
    static let order = "OBR|1||77001^LAB7|CBC^Blood count^L|||20240305090000"

    static func message(_ lines: [String]) throws -> Message {
        try Message(parsing: Array((lines.joined(separator: "\r") + "\r").utf8))
    }

    /// An ADT^A01 whose PID is the line given.
    static func admission(_ patient: String) -> [String] { [header, event, patient, visit] }

    /// An ORU^R01 with one OBX.
    static func result(_ observation: String) -> [String] { [resultHeader, patient, order, observation] }

    /// A PID of which one field is set.
    static func patient(_ field: Int, _ value: String) -> String {
        var fields = patient.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        while fields.count <= field { fields.append("") }
        fields[field] = value
        return fields.joined(separator: "|")
    }

    /// A header of which one field (MSH-3 and above) is set.
    static func header(_ field: Int, _ value: String) -> String {
        var fields = header.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        while fields.count < field { fields.append("") }
        fields[field - 1] = value
        return fields.joined(separator: "|")
    }
}
