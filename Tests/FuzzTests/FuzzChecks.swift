import HL7
import HL7Conformance

/// What must hold for any bytes. The fuzzer runs these checks on inputs that it makes up, `FuzzFindsTests` on those
/// that once broke them.
///
///     input:  check (1 byte, modulo the number of checks) | data
public enum FuzzChecks {
    /// Something that does not hold.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// - Throws: ``Failure``; crashing is the other way to fail.
    public static func run(_ input: [UInt8]) throws(Failure) {
        guard let first = input.first else { return }
        let data = Array(input.dropFirst())
        switch first % 8 {
        case 0: try parse(data)
        case 1: try condition(data)
        case 2: try escape(data)
        case 3: try charset(data)
        case 4: try batch(data)
        case 5: try timestamp(data)
        case 6: try validate(data)
        default: try answer(data)
        }
    }

    private static func require(_ holds: Bool, _ text: @autoclosure () -> String) throws(Failure) {
        guard holds else { throw Failure(description: text()) }
    }

    private static let limits = Limits(messageBytesMax: 1 << 20, segmentsMax: 1_000)

    /// The message that bytes are; nil if they are none.
    private static func message(_ data: [UInt8]) -> Message? { try? Message(parsing: data, limits: limits) }

    // MARK: Reading

    private static func parse(_ data: [UInt8]) throws(Failure) {
        guard let message = message(data) else { return }
        try require(message.bytes == data, "the bytes changed")
        let whole = 0..<message.indexedBytes.count
        var end = 0
        for segment in message.segments {
            try require(
                segment.range.lowerBound >= end && segment.range.upperBound <= whole.upperBound, "segment range")
            end = segment.range.upperBound
            try read(segment, message)
        }
        if let offset = message.firstUndecodableOffset {
            try require(data.indices.contains(offset), "an undecodable byte outside the message")
        }
    }

    private static func read(_ segment: Segment, _ message: Message) throws(Failure) {
        // A path cannot name what is no segment name.
        let name = (try? Path(segment.name)) == nil ? nil : segment.name
        let occurrence = segment.occurrence
        try require(segment.field(0) == nil && segment.field(segment.fieldCount + 1) == nil, "a field too many")
        for number in stride(from: 1, through: segment.fieldCount, by: 1) {
            guard let field = segment.field(number) else { throw Failure(description: "a field is missing") }
            try require(within(field.range, segment.range), "field range")
            let repetitions = field.repetitions
            try require(repetitions.count == field.repetitionCount, "repetition count")
            for (repetition, value) in repetitions.enumerated() {
                try require(field.repetition(repetition + 1)?.range == value.range, "repetition \(repetition + 1)")
                try read(value, within: field)
            }
            guard let name else { continue }
            let path = Path(segment: name, occurrence: .number(occurrence), field: number, component: 2)
            let byPath = message.value(at: path)?.range
            let byView = field.repetition(1)?.component(2)?.range
            try require(byPath == byView, "\(path) reads differently by path and by view")
            try require(message.withBytes(at: path) { $0.count } == byPath?.count, "\(path) has other bytes")
        }
    }

    private static func read(_ repetition: Value, within field: Value) throws(Failure) {
        try require(within(repetition.range, field.range), "repetition range")
        for component in repetition.components {
            try require(within(component.range, repetition.range), "component range")
            for part in component.subcomponents {
                try require(within(part.range, component.range), "sub-component range")
                _ = part.text
            }
        }
        _ = repetition.text
    }

    private static func within(_ inner: Range<Int>, _ outer: Range<Int>) -> Bool {
        inner.lowerBound >= outer.lowerBound && inner.upperBound <= outer.upperBound
    }

    // MARK: The expression language

    /// The condition stands before a zero byte, the message after it.
    private static func condition(_ data: [UInt8]) throws(Failure) {
        let parts = data.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        let text = String(decoding: parts[0], as: UTF8.self)
        if let path = try? Path(text) {
            try require((try? Path(path.description)) == path, "a path does not read as it is written")
        }
        guard let condition = try? Condition(text) else { return }
        let source = message(parts.count > 1 ? Array(parts[1]) : [])
        guard let message = source ?? message(Array(#"MSH|^~\&|A|B|||2024||ADT^A01|1|P|2.5"#.utf8)) else { return }
        let holds = condition.evaluate(on: message)
        try require(
            condition.isPossible(on: message, knowing: { _ in true }) == holds,
            "possible and true differ when all is known")
    }

    // MARK: Text

    /// A text that is set reads back as it was.
    private static func escape(_ data: [UInt8]) throws(Failure) {
        let text = String(
            String.UnicodeScalarView(
                String(decoding: data, as: UTF8.self).unicodeScalars.filter { $0 != "\r" && $0 != "\n" }))
        guard let message = message(Array("MSH|^~\\&|A|||||||||2.5||||||UNICODE UTF-8\rPID|1||x|y\r".utf8)),
            let path = try? Path("PID-3")
        else { throw Failure(description: "the sample does not parse") }
        let edited: Message
        do { edited = try message.editing { try $0.set(text, at: path) } } catch {
            throw Failure(description: "\(error)")
        }
        try require(
            edited["PID-3"].map { $0.utf8.elementsEqual(text.utf8) } ?? false, "a text reads otherwise than set")
        try require(edited["PID-4"] == "y" && edited.segmentCount == 2, "a text broke the message")
    }

    private static let charsets = [
        "ASCII", "UTF-8", "8859/1", "8859/5", "8859/15", "CP1252", "GB 18030-2000", "BIG-5", "KS X 1001",
        "CNS 11643-1992", "SJIS", "EUC-JP", "ISO IR87", "ISO IR14", "UTF-16", "CP850",
    ]

    private static func charset(_ data: [UInt8]) throws(Failure) {
        guard let first = data.first, let charset = Charset(named: charsets[Int(first) % charsets.count]) else {
            return
        }
        let bytes = data.dropFirst()
        let text = charset.decoded(bytes)
        let invalid = charset.firstInvalidOffset(in: bytes)
        try require((text == nil) == (invalid != nil), "\(charset): decodable and valid differ")
        if let invalid { try require(bytes.indices.contains(invalid), "\(charset): an offset outside the bytes") }
        if let text, let encoded = charset.encoded(text) {
            try require(
                charset.firstInvalidOffset(in: encoded[...]) == nil, "\(charset): encodes what it cannot decode")
        }
        let header = Array("MSH|^~\\&|A|||||||||2.5||||||\(charset.name)~ISO IR87\rPID|1||".utf8)
        try parse(header + bytes + Array("|y\r".utf8))
    }

    // MARK: Batches and times

    private static func batch(_ data: [UInt8]) throws(Failure) {
        let batch = Batch(data)
        var end = batch.leadingBytes
        for range in batch.messages {
            try require(range.lowerBound >= end && range.upperBound <= data.count, "message range")
            end = range.upperBound
            try parse(Array(data[range]))
        }
        for range in batch.envelope { try require(within(range, 0..<data.count), "envelope range") }
    }

    private static func timestamp(_ data: [UInt8]) throws(Failure) {
        guard let time = try? Timestamp(data[...]) else { return }
        try require(data.starts(with: time.digits.utf8), "the digits changed")
        try require((1...9999).contains(time.year), "the year")
        if let month = time.month, let day = time.day {
            try require(day <= Timestamp.days(in: month, of: time.year), "the day")
        }
    }

    // MARK: Judging

    private static let validators = [
        Validator(strictness: .lenient), Validator(strictness: .standard), Validator(strictness: .strict),
    ]

    private static func validate(_ data: [UInt8]) throws(Failure) {
        guard let first = data.first, let message = message(Array(data.dropFirst())) else { return }
        let findings = validators[Int(first) % validators.count].findings(in: message)
        try require(findings.count <= Validator.findingsMax, "too many findings")
        for finding in findings { try locate(finding, in: message) }
    }

    /// What is missing lies one behind what is there; everything else inside.
    private static func locate(_ finding: Finding, in message: Message) throws(Failure) {
        guard let location = finding.location else { return }
        let present = message.segments(location.segment)
        try require(
            (1...(present.count + 1)).contains(location.occurrence), "\(location): no such segment (\(finding.rule))")
        guard let field = location.field, location.occurrence <= present.count,
            let value = present[location.occurrence - 1].field(field), let repetition = location.repetition
        else { return }
        try require(
            (1...value.repetitionCount).contains(repetition), "\(location): no such repetition (\(finding.rule))")
    }

    private static func answer(_ data: [UInt8]) throws(Failure) {
        guard let message = message(data) else { return }
        let problems = validators[1].findings(in: message).prefix(20).map {
            Acknowledgment.Problem(code: $0.code, location: $0.location, text: $0.text)
        }
        let bytes = message.acknowledgment(.ae, problems: problems, controlID: "W1", time: "20240305")
        guard let answer = try? Message(parsing: bytes) else { throw Failure(description: "the answer does not parse") }
        try require(answer["MSA-1"] == "AE", "the answer has no MSA")
    }
}
