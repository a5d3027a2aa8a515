/// The messages in bytes that may hold one message, several, or a batch file (HL7 2.5.1 §2.10.3).
///
///     FHS|…          file header          each optional
///     BHS|…          batch header
///     MSH|… PID|…    message              zero or more
///     BTS|2          batch trailer
///     FTS|1          file trailer
public struct Batch: Hashable, Sendable {
    /// Messages between a BHS and its BTS, or those that stand outside of any.
    public struct Part: Hashable, Sendable {
        /// The BHS, without its terminator.
        public var header: Range<Int>?
        /// Which of ``Batch/messages``.
        public var messages: Range<Int>
        /// The BTS, without its terminator.
        public var trailer: Range<Int>?
    }

    /// Where each message lies in the bytes, from its MSH to the end of its last segment, terminator included.
    public private(set) var messages: [Range<Int>] = []
    /// The segments FHS, BHS, BTS and FTS, in order, without their terminators.
    public private(set) var envelope: [Range<Int>] = []
    /// The batches, in order; messages in a file without BHS are one too.
    public private(set) var parts: [Part] = []
    /// The first FHS, and the last FTS.
    public private(set) var fileHeader: Range<Int>?
    public private(set) var fileTrailer: Range<Int>?
    /// Bytes before the first header segment.
    public private(set) var leadingBytes = 0
    /// Lines that belong to no message: between a BHS, BTS, FHS or FTS and what follows it. Blank ones are not counted.
    public private(set) var strayLines: [Range<Int>] = []

    /// Whether there is an FHS, BHS, BTS or FTS: the answer to it is then a batch too.
    public var isBatch: Bool { !envelope.isEmpty }

    /// Finds the messages. Segments may end with CR, LF or both.
    public init(_ bytes: some RandomAccessCollection<UInt8>) {
        let bytes = Array(bytes)
        var lineStart = 0
        var sawHeader = false
        while lineStart < bytes.count {
            let end = bytes[lineStart...].firstIndex { $0 == 0x0D || $0 == 0x0A } ?? bytes.count
            var next = min(end + 1, bytes.count)
            if next < bytes.count, bytes[end] == 0x0D, bytes[next] == 0x0A { next += 1 }
            let name = Self.name(bytes[lineStart..<end], mayHaveMark: open == nil)
            if let name {
                note(name, lineStart..<end, in: bytes)
                sawHeader = true
            } else if !sawHeader {
                leadingBytes = next
            } else if open == nil, bytes[lineStart..<end].contains(where: { $0 > 0x20 }) {
                strayLines.append(lineStart..<end)
            }
            lineStart = next
        }
        close(at: bytes.count)
    }

    // MARK: Building

    /// The start of a message whose end is not found yet.
    private var open: Int?
    /// The last part may take more messages.
    private var isPartOpen = false

    private mutating func note(_ name: String, _ line: Range<Int>, in bytes: [UInt8]) {
        close(at: line.lowerBound)
        if name == "MSH" {
            open = line.lowerBound
            return
        }
        // A byte order mark is part of a message, but not of these.
        let line = bytes[line].starts(with: Self.byteOrderMark) ? line.lowerBound + 3..<line.upperBound : line
        envelope.append(line)
        switch name {
        case "FHS":
            fileHeader = fileHeader ?? line
            isPartOpen = false
        case "BHS": begin(line)
        case "BTS":
            if !isPartOpen { begin(nil) }
            parts[parts.count - 1].trailer = line
            isPartOpen = false
        default:
            fileTrailer = line
            isPartOpen = false
        }
    }

    private mutating func begin(_ header: Range<Int>?) {
        parts.append(Part(header: header, messages: messages.count..<messages.count))
        isPartOpen = true
    }

    private mutating func close(at end: Int) {
        guard let start = open else { return }
        open = nil
        if !isPartOpen { begin(nil) }
        messages.append(start..<end)
        parts[parts.count - 1].messages = parts[parts.count - 1].messages.lowerBound..<messages.count
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// - Parameter mayHaveMark: no message is open, so a byte order mark may stand before the next one.
    private static func name(_ line: ArraySlice<UInt8>, mayHaveMark: Bool) -> String? {
        var line = line
        if mayHaveMark, line.starts(with: Self.byteOrderMark) { line = line.dropFirst(3) }
        guard line.count > 3 || line.elementsEqual("BTS".utf8) || line.elementsEqual("FTS".utf8) else { return nil }
        let name = String(decoding: line.prefix(3), as: UTF8.self)
        guard ["MSH", "FHS", "BHS", "BTS", "FTS"].contains(name) else { return nil }
        // A letter or digit in fourth place: another word that begins like it, not a segment.
        if line.count > 3 {
            if !Delimiters.canSeparateFields(line[line.startIndex + 3]) { return nil }
        }
        return name
    }
}

extension Batch {
    /// A trailer that announces another number than came: something is missing, or was added.
    public struct CountMismatch: Hashable, Sendable {
        /// The field of the trailer, `BTS-1` or `FTS-1`.
        public var location: Location
        /// Which of ``Batch/parts`` it is about; nil: the whole file.
        public var part: Int?
        /// What was found, and what was announced. Never a value from a message.
        public var text: String
    }

    /// Holds BTS-1 (messages of a batch) and FTS-1 (batches of a file) against what is there. Empty ones announce
    /// nothing.
    public func countMismatches(in bytes: [UInt8]) -> [CountMismatch] {
        var mismatches: [CountMismatch] = []
        var trailers = 0
        for (index, part) in parts.enumerated() {
            guard let trailer = part.trailer else { continue }
            trailers += 1
            let separator = separator(for: part, in: bytes)
            if let text = Self.mismatch(bytes[trailer], separator, part.messages.count, "BTS-1", "messages") {
                let location = Location(segment: "BTS", occurrence: trailers, field: 1)
                mismatches.append(CountMismatch(location: location, part: index, text: text))
            }
        }
        if let fileTrailer {
            let separator = fileHeader.map { bytes[$0.lowerBound + 3] } ?? Delimiters.standard.field
            let batches = parts.count { $0.header != nil || $0.trailer != nil }
            // Messages without BHS and BTS, which are optional, may be counted as a batch or not.
            if let text = Self.mismatch(bytes[fileTrailer], separator, batches, "FTS-1", "batches"),
                parts.count == batches
                    || Self.mismatch(bytes[fileTrailer], separator, parts.count, "FTS-1", "batches") != nil
            {
                let location = Location(segment: "FTS", field: 1)
                mismatches.append(CountMismatch(location: location, part: nil, text: text))
            }
        }
        return mismatches
    }

    private func separator(for part: Part, in bytes: [UInt8]) -> UInt8 {
        guard let header = part.header ?? fileHeader else { return Delimiters.standard.field }
        return bytes[header.lowerBound + 3]
    }

    private static func mismatch(
        _ trailer: ArraySlice<UInt8>, _ separator: UInt8, _ count: Int, _ field: String, _ what: String
    ) -> String? {
        let announced = trailer.dropFirst(4).prefix { $0 != separator }.filter { $0 != 0x20 }
        if announced.isEmpty { return nil }
        guard announced.allSatisfy(\.isDigit), let number = Int(String(decoding: announced, as: UTF8.self)) else {
            return "\(field) is not a number of \(what)"
        }
        return number == count ? nil : "\(field) announces \(number) \(what), and \(count) came"
    }
}

extension Batch {
    /// Why each of ``messages`` is refused although nothing may be wrong with it: a trailer that counts it says another
    /// number than came, or lines belong to no message. Something is missing then, or was added.
    ///
    /// Code 207, "application error", as HL7 table 0357 has none of its own.
    public func problems(in bytes: [UInt8]) -> [[Acknowledgment.Problem]] {
        var problems = [[Acknowledgment.Problem]](repeating: [], count: messages.count)
        for mismatch in countMismatches(in: bytes) {
            let problem = Acknowledgment.Problem(code: 207, location: mismatch.location, text: mismatch.text)
            for message in mismatch.part.map({ parts[$0].messages }) ?? messages.indices {
                problems[message].append(problem)
            }
        }
        if let stray = strayLines.first {
            let text = "the line at byte \(stray.lowerBound) of the batch belongs to no message"
            let problem = Acknowledgment.Problem(code: 207, location: nil, text: text)
            for message in messages.indices { problems[message].append(problem) }
        }
        return problems
    }
}
