package import HL7Conformance

extension Rule {
    /// What to do about a finding of this rule; nil where its text says it already.
    package var advice: String? {
        switch self {
        case .unreadable: #"look at the bytes with "wardline show --hex"; a message begins with MSH and a separator"#
        case .encodingMissing, .separators: #"write five different punctuation characters, as MSH|^~\&"#
        case .timeMissing: "write when the message was made in MSH-7, as 20240305101500-0600"
        case .typeMissing, .typeUnknown, .eventMissing, .eventUnknown, .structureMissing, .structureMismatch:
            "write code, event and structure in MSH-9, as ADT^A08^ADT_A01"
        case .controlIdMissing: "give every message an id of its own in MSH-10; its answer repeats it"
        case .processingMissing, .processingUnknown, .processingNotAccepted:
            #"write P, T or D in MSH-11, or accept it with "processing:" for this sender"#
        case .versionMissing, .versionUnknown:
            #"write the version in MSH-12, or name it with "assume: { version: }" for this sender"#
        case .charsetUnknown, .charsetUndeclared, .undecodable:
            #"name the character set in MSH-18 (table 0211), or with "charset:" for this sender"#
        case .charsetRefused: #"send UTF-8, with "UNICODE UTF-8" in MSH-18"#
        case .terminator: "end every segment with a carriage return (0D) and nothing else"
        case .blankLine, .byteOrderMark: "leave it out"
        case .secondHeader: "send one message a frame, or put them between BHS and BTS"
        case .secondPatient: "send one patient a message"
        case .segmentMalformed: #"write a line break inside a value as \.br\"#
        case .segmentMissing, .contextSegmentMissing, .groupSegmentMissing:
            "have the sender add it, or check MSH-9: another event may not need it"
        case .requiredSegmentMisplaced, .segmentMisplaced: "have the sender move it; receivers may overlook it here"
        case .segmentUnexpected: "receivers may ignore it; check MSH-9 and MSH-12"
        case .segmentUnknown: "give a local segment a name that begins with Z"
        case .fieldRequired, .componentRequired: "have the sender fill it"
        case .fieldNull: "fill it, or leave it empty for no change"
        case .fieldUnexpected, .componentUnexpected:
            #"look for a separator too many, or one in a text that is not escaped; check MSH-12"#
        case .fieldRepetition: #"look for a repetition separator in a text, which is written \R\"#
        case .componentDelimiter: #"write separators in a text as \S\ and \T\"#
        case .observationTypeMissing, .observationTypeUnknown, .observationTypeOfOtherVersion:
            "write the data type of OBX-5 in OBX-2, as NM, ST or CWE"
        case .number, .sequence: "write digits, a point and a sign only; a text belongs in an ST"
        case .date: "write YYYYMMDD, or YYYY or YYYYMM"
        case .time: "write HHMM or HHMMSS, with an offset as -0600"
        case .dateTime: "write YYYYMMDDHHMMSS or its first digits, with an offset as -0600"
        case .escape: #"write the escape character itself as \E\"#
        case .controlCharacter: #"leave it out, or write its bytes as \Xhh\"#
        case .whitespace: #"write a line break as \.br\"#
        case .enforcedTable, .hl7Table, .userTable:
            #"use a code of the table, or translate it with an "edit:" of the receiver"#
        default: nil
        }
    }
}
