internal import HL7

/// What is sent, in order: the messages of the files, as often as asked for, each copy with its own identity.
struct SendPlan: Sendable {
    /// How copies differ.
    struct Numbering: Hashable, Sendable {
        /// Begins every MSH-10 of this run; nil keeps the ids of the files.
        var run: String?
        /// How many patients to make up by their PID-3.1; nil keeps those of the files.
        var patients: Int?
    }

    /// One message, ready to be framed.
    struct Outgoing: Sendable {
        var index: Int
        var payload: [UInt8]
        /// MSH-10, which MSA-2 of the answer must repeat.
        var controlID: ArraySlice<UInt8>
        /// Whether an answer must come: enhanced mode can ask for none, or for one on success or error only.
        var isAnswered: Bool
        /// Whether a further answer can come: the application acknowledgement of enhanced mode, or an answer that
        /// depends on success.
        var mayFollowUp: Bool
    }

    let count: Int
    let connections: Int
    private let templates: [Template]
    private let numbering: Numbering

    /// - Precondition: `messages` is not empty.
    init(messages: [[UInt8]], count: Int, connections: Int, numbering: Numbering) {
        self.count = count
        self.connections = connections
        self.numbering = numbering
        templates = messages.map { Template($0, numbering) }
    }

    /// The `index`-th message, counted from 0.
    func message(_ index: Int) -> Outgoing {
        let template = templates[index % templates.count]
        var id: [UInt8]?
        if let run = numbering.run { id = Array("\(run)\(index + 1)".utf8) }
        let patient = patient(index).map { Array("P\($0 + 1)".utf8) }
        let (payload, range) = template.filled(controlID: id, patient: patient)
        return Outgoing(
            index: index, payload: payload, controlID: payload[range], isAnswered: template.isAnswered,
            mayFollowUp: template.mayFollowUp)
    }

    /// The connection that carries a message, where that is fixed: those of one patient stay in order.
    func connection(of index: Int) -> Int { (patient(index) ?? index) % connections }

    /// Whether patients are made up, so that connections cannot take whatever comes next.
    var hasPatients: Bool { numbering.patients != nil }

    private func patient(_ index: Int) -> Int? { numbering.patients.map { index % $0 } }

    /// A message cut at the places that differ from copy to copy.
    private struct Template: Sendable {
        let bytes: [UInt8]
        let controlID: Range<Int>
        let patient: Range<Int>?
        let isAnswered: Bool
        let mayFollowUp: Bool

        init(_ bytes: [UInt8], _ numbering: Numbering) {
            self.bytes = bytes
            // What cannot be parsed is sent all the same: tests of receivers need it.
            guard let message = try? Message(parsing: bytes), message.indexedBytes == bytes,
                message.segments[0].fieldCount >= 10
            else {
                controlID = 0..<0
                patient = nil
                isAnswered = true
                mayFollowUp = false
                return
            }
            controlID = message.header.controlID.indices
            let place = Path(segment: "PID", field: 3, component: 1)
            patient = numbering.patients == nil ? nil : message.value(at: place)?.range
            isAnswered = message.header.demandsAnswer
            mayFollowUp = message.header.allowsFollowUp
        }

        func filled(controlID id: [UInt8]?, patient name: [UInt8]?) -> (payload: [UInt8], controlID: Range<Int>) {
            guard id != nil || patient != nil else { return (bytes, controlID) }
            var payload: [UInt8] = []
            payload.reserveCapacity(bytes.count + 32)
            var range = controlID
            if let id, controlID.lowerBound > 0 {
                payload += bytes[..<controlID.lowerBound]
                payload += id
                range = controlID.lowerBound..<payload.count
                payload += bytes[controlID.upperBound..<(patient?.lowerBound ?? bytes.count)]
            } else {
                payload += bytes[..<(patient?.lowerBound ?? bytes.count)]
            }
            if let patient {
                payload += name ?? Array(bytes[patient])
                payload += bytes[patient.upperBound...]
            }
            return (payload, range)
        }
    }
}

extension Header {
    /// Whether MSH-15 and MSH-16 make sure that there is an answer on the connection.
    fileprivate var demandsAnswer: Bool {
        switch (acceptAcknowledgment, applicationAcknowledgment) {
        case ("NE", "NE"), ("NE", ""), ("ER", _), ("SU", _): false
        case ("NE", "ER"), ("NE", "SU"): false
        default: true
        }
    }

    fileprivate var allowsFollowUp: Bool {
        let conditional = ["AL", "ER", "SU"]
        return ["ER", "SU"].contains(acceptAcknowledgment)
            || (acceptAcknowledgment == "AL" && conditional.contains(applicationAcknowledgment))
            || (acceptAcknowledgment == "NE" && ["ER", "SU"].contains(applicationAcknowledgment))
    }
}
