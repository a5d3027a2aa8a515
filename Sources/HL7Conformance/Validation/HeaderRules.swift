import HL7

/// What MSH must say so that a message can be judged and processed at all (HL7 2.5.1 §2.9.2, §2.15.9).
struct HeaderRules {
    struct Outcome {
        var version: Version
        /// nil: local or unknown event, so there is nothing to hold the segments against.
        var structure: Structure?
    }

    private let validator: Validator

    init(_ validator: Validator) { self.validator = validator }

    /// nil if the header does not say how the rest is to be read.
    func check(_ message: Message, _ report: inout Report) -> Outcome? {
        let header = message.header
        guard checkSeparators(message, &report) else { return nil }
        let hasType = message[position: 0].field(9)?.component(1).map { $0.presence == .value } ?? false
        if !hasType { report.add(.typeMissing, at(9), "MSH-9 (Message Type) is required and empty") }
        if isMissing(message, 10) {
            report.add(.controlIdMissing, at(10), "MSH-10 (Message Control ID) is required and empty")
        }
        checkProcessing(isMissing(message, 11) ? "" : header.processingID, &report)
        guard let version = version(isMissing(message, 12) ? "" : header.version, &report) else { return nil }
        checkTruncation(message, version, &report)
        let definitions = Definitions.version(version)
        if isMissing(message, 7), definitions.segment("MSH")?.field(7)?.usage == .required {
            report.add(.timeMissing, at(7), "MSH-7 (Date/Time of Message) is required in \(version) and empty")
        }
        for field in [15, 16] { checkCondition(message, field, &report) }
        checkPair(message, &report)
        if let structure = plainStructure(message, definitions) {
            return Outcome(version: version, structure: structure)
        }
        let structure = hasType ? checkType(header, definitions, &report) : nil
        return Outcome(version: version, structure: structure)
    }

    private func at(_ field: Int, _ component: Int? = nil) -> Location {
        Location(segment: "MSH", field: field, repetition: component == nil ? nil : 1, component: component)
    }

    private func isMissing(_ message: Message, _ field: Int) -> Bool {
        let value = message[position: 0].field(field)
        return value.map { $0.isEmpty || $0.isNull } ?? true
    }

    // MARK: Separators

    private func checkSeparators(_ message: Message, _ report: inout Report) -> Bool {
        let encoding = message[position: 0].field(2)?.bytes ?? []
        let separator = message.delimiters.field
        if encoding.isEmpty {
            report.add(.encodingMissing, at(2), "MSH-2 (Encoding Characters) is required and empty")
            return false
        }
        if message.delimiters == .standard, encoding.count == 4 { return true }
        let all = [separator] + encoding
        if encoding.count < 2 || encoding.count > 5 || all.contains(where: { !Self.canSeparate($0) }) {
            report.add(
                .separators, at(2),
                "MSH-2 must be two to five printable characters other than letters, digits and quotes")
            return false
        }
        if Set(all).count != all.count {
            report.add(.separators, at(2), "the separators in MSH-1 and MSH-2 must all be different")
            return false
        }
        return true
    }

    /// A printable ASCII character that is neither a letter, a digit, a space nor the quote of the null value.
    private static func canSeparate(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != 0x22 && !(0x30...0x39).contains(byte)
            && !(0x41...0x5A).contains(byte & 0xDF)
    }

    private func checkTruncation(_ message: Message, _ version: Version, _ report: inout Report) {
        guard message.delimiters.truncation != nil, version < .v2_7 else { return }
        report.add(
            .truncationCharacter, at(2), "MSH-2 has five characters; \(version) has four, truncation came with 2.7")
    }

    // MARK: Processing, version, acknowledgement

    private func checkProcessing(_ text: String, _ report: inout Report) {
        var text = text
        if text.isEmpty {
            guard let assumed = validator.assumedProcessingID else {
                report.add(.processingMissing, at(11), "MSH-11 (Processing ID) is required and empty")
                return
            }
            report.add(.assumed, at(11), "MSH-11 (Processing ID) is empty; \(assumed) is assumed")
            text = assumed
        }
        let first = at(11, 1)
        if !["P", "T", "D"].contains(text) {
            report.add(.processingUnknown, first, "the processing id is not one of table 0103: P, T or D")
        } else if !validator.processingIDs.contains(text) {
            let accepted = validator.processingIDs.sorted().joined(separator: ", ")
            report.add(
                .processingNotAccepted, first, "messages for processing \(text) are not accepted, only \(accepted)")
        }
    }

    private func version(_ text: String, _ report: inout Report) -> Version? {
        if text.isEmpty {
            guard let assumed = validator.assumedVersion else {
                report.add(.versionMissing, at(12), "MSH-12 (Version ID) is required and empty")
                return nil
            }
            report.add(.assumed, at(12), "MSH-12 (Version ID) is empty; \(assumed) is assumed")
            return assumed
        }
        let first = at(12, 1)
        switch Version.reading(text) {
        case .exact(let version): return version
        case .newer(let version):
            report.add(.versionNewer, first, "the version is newer than those known; checked as \(version)")
            return version
        case nil:
            report.add(.versionUnknown, first, "the version is none of HL7 2.1 to 2.8.2")
            return nil
        }
    }

    private func checkCondition(_ message: Message, _ field: Int, _ report: inout Report) {
        guard let value = message[position: 0].field(field), !value.isEmpty, !value.isNull else { return }
        if !["AL", "NE", "ER", "SU"].contains(where: { value.bytes.elementsEqual($0.utf8) }) {
            report.add(
                .acknowledgmentCondition, at(field),
                "MSH-\(field) is not one of table 0155: AL, NE, ER or SU; AL is assumed")
        }
    }

    /// Both are required in enhanced mode, and none is given in original mode (HL7 2.5.1 §2.15.9.15, §2.15.9.16).
    private func checkPair(_ message: Message, _ report: inout Report) {
        let hasAccept = !isMissing(message, 15)
        guard hasAccept == isMissing(message, 16) else { return }
        let (missing, stated) = hasAccept ? (16, 15) : (15, 16)
        report.add(
            .acknowledgmentPair, at(missing),
            "MSH-\(missing) is required where MSH-\(stated) has a value; NE is assumed")
    }

    // MARK: Type, event, structure

    /// The structure of a type and event about which there is nothing to say, without making a string of them; nil if
    /// more must be looked at.
    private func plainStructure(_ message: Message, _ definitions: Definitions) -> Structure? {
        guard let field = message[position: 0].field(9), let type = field.component(1)?.bytes,
            let event = field.component(2)?.bytes, !event.isEmpty
        else { return nil }
        let code = TableText.hash(type)
        let key = TableText.hash(event, after: TableText.hash(CollectionOfOne(UInt8(ascii: "_")), after: code))
        guard definitions.data.messageTypes.contains(code), let structure = definitions.structure(event: key) else {
            return nil
        }
        let stated = field.component(3)?.bytes ?? []
        let isAsStated = stated.elementsEqual(structure.nameText.bytes(in: DefinitionTables.structures))
        return isAsStated || stated.isEmpty && definitions.version < .v2_6 ? structure : nil
    }

    private func checkType(_ header: Header, _ definitions: Definitions, _ report: inout Report) -> Structure? {
        let (type, event) = (header.messageCode, header.triggerEvent)
        let stated = header.messageStructure
        // Z types and events are local (§2.10.2): nothing is known about their structure.
        if type.hasPrefix("Z") || event.hasPrefix("Z") { return nil }
        let set = definitions.data
        guard set.messageTypes.contains(TableText.hash(type.utf8)) else {
            if Self.anyVersion(where: { $0.messageTypes.contains(TableText.hash(type.utf8)) }) {
                report.add(
                    .typeOfOtherVersion, at(9, 1), "the message type is not one of \(set.version)")
                return definitions.structure(stated)
            }
            report.add(
                .typeUnknown, at(9, 1), "the message type is none of table 0076 in \(set.version)")
            return nil
        }
        guard let structure = definitions.structure(type: type, event: event) else {
            return checkUnknownEvent(type, event, stated, definitions, &report)
        }
        if stated.isEmpty {
            if set.version >= .v2_6, type != "ACK" {
                report.add(
                    .structureMissing, at(9, 3), "MSH-9.3 is required in \(set.version) and empty; taken from MSH-9.2")
            }
        } else if stated != structure.name {
            report.add(
                .structureMismatch, at(9, 3),
                "MSH-9.3 is not the structure of this event; \(set.version) gives it \(structure.name), which is used")
        }
        return structure
    }

    private func checkUnknownEvent(
        _ type: String, _ event: String, _ stated: String, _ definitions: Definitions, _ report: inout Report
    ) -> Structure? {
        let version = definitions.version
        if event.isEmpty {
            if version > .v2_2 { report.add(.eventMissing, at(9, 2), "MSH-9.2 (Trigger Event) is required and empty") }
            return definitions.structure(stated)
        }
        let key = TableText.hash("\(type)_\(event)".utf8)
        if Self.anyVersion(where: { $0.events[key] != nil }) {
            report.add(
                .eventOfOtherVersion, at(9, 2),
                "the event is not one of this message type in \(version)")
            return definitions.structure(stated)
        }
        report.add(
            .eventUnknown, at(9, 2), "the event is not one of this message type in \(version)")
        return nil
    }

    private static func anyVersion(where isKnown: (DefinitionSet) -> Bool) -> Bool {
        Version.allCases.contains { isKnown(Definitions.set($0)) }
    }
}
