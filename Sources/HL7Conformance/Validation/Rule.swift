/// What a finding breaks. The raw value is its stable name, for configuration and reports.
public enum Rule: String, CaseIterable, Hashable, Sendable {
    // Header
    case unreadable = "header.unreadable"
    case encodingMissing = "header.encodingMissing"
    case separators = "header.separators"
    case truncationCharacter = "header.truncationCharacter"
    case timeMissing = "header.timeMissing"
    case typeMissing = "header.typeMissing"
    case typeUnknown = "header.typeUnknown"
    case typeOfOtherVersion = "header.typeOfOtherVersion"
    case eventMissing = "header.eventMissing"
    case eventUnknown = "header.eventUnknown"
    case eventOfOtherVersion = "header.eventOfOtherVersion"
    case structureMissing = "header.structureMissing"
    case structureMismatch = "header.structureMismatch"
    case controlIdMissing = "header.controlIdMissing"
    case processingMissing = "header.processingMissing"
    case processingUnknown = "header.processingUnknown"
    case processingNotAccepted = "header.processingNotAccepted"
    case versionMissing = "header.versionMissing"
    case versionUnknown = "header.versionUnknown"
    case versionNewer = "header.versionNewer"
    case assumed = "header.assumed"
    case acknowledgmentCondition = "header.acknowledgmentCondition"
    /// One of MSH-15 and MSH-16 without the other.
    case acknowledgmentPair = "header.acknowledgmentPair"
    case charsetUnknown = "header.charsetUnknown"
    case charsetRefused = "header.charsetRefused"
    // Layout and characters
    case terminator = "message.terminator"
    case blankLine = "message.blankLine"
    case byteOrderMark = "message.byteOrderMark"
    case charsetUndeclared = "message.charsetUndeclared"
    case undecodable = "message.undecodable"
    /// A part of a message that goes on in another (MSH-14, DSC).
    case fragment = "message.fragment"
    case secondHeader = "message.secondHeader"
    case secondPatient = "message.secondPatient"
    // Segments
    case segmentMalformed = "segment.malformed"
    case segmentMissing = "segment.missing"
    /// EVN and PV1, which the standard requires and many feeds leave out.
    case contextSegmentMissing = "segment.contextMissing"
    /// The first segment of a group that need not be there, but whose other segments are.
    case groupSegmentMissing = "segment.groupStartMissing"
    case requiredSegmentMisplaced = "segment.requiredMisplaced"
    case segmentMisplaced = "segment.misplaced"
    case segmentUnexpected = "segment.unexpected"
    case segmentUnknown = "segment.unknown"
    // Fields
    case fieldRequired = "field.required"
    case fieldNull = "field.null"
    /// Required because of what another field says.
    case fieldConditional = "field.conditional"
    /// The same, where the message cannot show whether the condition holds.
    case fieldConditionalUncertain = "field.conditionalUncertain"
    case fieldWithdrawn = "field.withdrawn"
    case fieldUnexpected = "field.unexpected"
    case fieldRepetition = "field.repetition"
    case fieldLength = "field.length"
    case componentRequired = "component.required"
    case componentConditional = "component.conditional"
    case componentWithdrawn = "component.withdrawn"
    case componentUnexpected = "component.unexpected"
    case componentDelimiter = "component.delimiter"
    // Values
    case observationTypeMissing = "observation.typeMissing"
    case observationTypeUnknown = "observation.typeUnknown"
    case observationTypeOfOtherVersion = "observation.typeOfOtherVersion"
    case number = "value.number"
    case sequence = "value.sequence"
    case date = "value.date"
    case time = "value.time"
    case dateTime = "value.dateTime"
    case structuredNumeric = "value.structuredNumeric"
    case telephone = "value.telephone"
    case checkDigit = "value.checkDigit"
    case escape = "value.escape"
    case controlCharacter = "value.controlCharacter"
    /// A tabulator or line feed inside a value.
    case whitespace = "value.whitespace"
    // Tables
    case enforcedTable = "table.enforced"
    case hl7Table = "table.hl7"
    case userTable = "table.user"
    // Profiles
    case profileMessage = "profile.message"
    case profileVersion = "profile.version"
    case profileSegment = "profile.segment"
    case profileRequired = "profile.required"
    case profileNotAllowed = "profile.notAllowed"
    case profileCardinality = "profile.cardinality"
    case profileLength = "profile.length"
    case profileConformanceLength = "profile.conformanceLength"
    case profileValue = "profile.value"
    case profileType = "profile.type"
    case profileUnexpected = "profile.unexpected"
    case profileConstraint = "profile.constraint"
    // Batches and files
    case batchCount = "batch.count"
    case batchTrailerMissing = "batch.trailerMissing"
    case batchHeaderMissing = "batch.headerMissing"
    case batchOrder = "batch.order"
    case batchSeparators = "batch.separators"
    // The list itself
    case tooManyFindings = "findings.limit"

    /// The condition code of HL7 table 0357 that reports it.
    public var code: Int { traits.code }

    /// It makes the header unusable: the message is rejected (AR) and not only found in error (AE).
    public var isHeader: Bool { traits.isHeader }

    /// The message is refused whatever the sender's configuration says of content errors.
    public var isAlwaysRefused: Bool {
        self == .secondHeader || self == .secondPatient || self == .undecodable || self == .charsetRefused
    }

    /// A site cannot change its severity: without what it guards, a message cannot be read, kept apart from others or
    /// given to the right patient.
    public var isFixed: Bool {
        switch self {
        case .unreadable, .encodingMissing, .separators, .controlIdMissing, .versionMissing, .versionUnknown,
            .tooManyFindings:
            true
        default: isAlwaysRefused
        }
    }

    /// Its severity at a strictness; nil = not reported.
    public func severity(at strictness: Strictness) -> Severity? {
        switch strictness {
        case .lenient: traits.lenient
        case .standard: traits.standard
        case .strict: traits.strict
        }
    }
}

extension Rule {
    struct Traits {
        var code: Int
        var lenient: Severity?
        var standard: Severity?
        var strict: Severity?
        var isHeader = false

        static func fatal(_ code: Int) -> Traits {
            Traits(code: code, lenient: .error, standard: .error, strict: .error, isHeader: true)
        }
        /// An error however the sender is judged.
        static func always(_ code: Int) -> Traits {
            Traits(code: code, lenient: .error, standard: .error, strict: .error)
        }
        static func error(_ code: Int) -> Traits {
            Traits(code: code, lenient: .warning, standard: .error, strict: .error)
        }
        static func warning(_ code: Int) -> Traits {
            Traits(code: code, lenient: nil, standard: .warning, strict: .error)
        }
        static func note(_ code: Int) -> Traits {
            Traits(code: code, lenient: .information, standard: .warning, strict: .warning)
        }
    }

    var traits: Traits {
        switch self {
        case .unreadable: .fatal(100)
        case .encodingMissing, .typeMissing, .eventMissing, .controlIdMissing, .processingMissing, .versionMissing:
            .fatal(101)
        case .separators: .fatal(102)
        case .typeUnknown: .fatal(200)
        case .eventUnknown: .fatal(201)
        case .processingUnknown, .processingNotAccepted: .fatal(202)
        case .versionUnknown: .fatal(203)
        case .typeOfOtherVersion:
            Traits(
                code: 200, lenient: .information, standard: .warning, strict: .error, isHeader: true)
        case .eventOfOtherVersion:
            Traits(
                code: 201, lenient: .information, standard: .warning, strict: .error, isHeader: true)
        case .versionNewer: .note(203)
        case .assumed: .note(101)
        case .truncationCharacter: .warning(104)
        case .timeMissing, .structureMissing, .acknowledgmentPair: .warning(101)
        case .fragment: .note(100)
        case .structureMismatch, .acknowledgmentCondition, .charsetUnknown: .warning(103)
        case .charsetRefused, .undecodable: .always(102)
        case .terminator, .blankLine: .warning(100)
        case .byteOrderMark, .charsetUndeclared: .warning(102)
        case .secondHeader, .secondPatient, .segmentMalformed: .always(100)
        case .segmentMissing, .requiredSegmentMisplaced: .error(100)
        case .contextSegmentMissing, .groupSegmentMissing, .segmentMisplaced, .segmentUnexpected, .segmentUnknown:
            .warning(100)
        case .fieldRequired, .fieldNull, .fieldConditional, .observationTypeMissing: .error(101)
        case .fieldConditionalUncertain: .note(101)
        case .componentRequired, .componentConditional: .warning(101)
        case .fieldWithdrawn, .componentWithdrawn: .note(102)
        case .fieldUnexpected, .componentUnexpected, .componentDelimiter: .warning(102)
        case .fieldRepetition: .warning(198)
        case .fieldLength: .warning(104)
        case .observationTypeUnknown, .enforcedTable: .error(103)
        case .observationTypeOfOtherVersion: .note(103)
        case .number, .sequence, .date, .time, .dateTime, .controlCharacter: .error(102)
        case .structuredNumeric, .telephone, .checkDigit, .escape, .whitespace: .warning(102)
        case .hl7Table, .userTable: .warning(103)
        case .profileMessage: .always(200)
        case .profileVersion: .always(203)
        case .profileSegment: .always(100)
        case .profileRequired: .always(101)
        case .profileNotAllowed, .profileConstraint: .always(207)
        case .profileCardinality: .always(198)
        case .profileLength: .always(104)
        case .profileConformanceLength: .note(104)
        case .profileValue: .always(103)
        case .profileType: .always(102)
        case .profileUnexpected: .warning(102)
        case .batchCount: .fatal(207)
        case .batchTrailerMissing, .batchHeaderMissing: .note(100)
        case .batchOrder: .warning(100)
        case .batchSeparators: .warning(102)
        case .tooManyFindings: Traits(code: 207, lenient: .warning, standard: .warning, strict: .warning)
        }
    }
}
