/// The answer to a batch: a batch of answers (HL7 2.5.1 §2.10.3.3).
///
///     FHS|^~\&|receiver|…|sender|…|time||||id|original id     only around more than one batch
///     BHS|^~\&|receiver|…|sender|…|time|||comment|id|original id
///     MSH|… MSA|…                                             each answer
///     BTS|count
///     FTS|batches
///
/// Each header has the separators of the one that it answers. The answer to a file without BHS has one, made of FHS.
public struct BatchAcknowledgment: Sendable {
    private let bytes: [UInt8]
    private let batch: Batch
    private let time: String

    /// - Parameters:
    ///   - batch: found in `bytes`.
    ///   - time: BHS-7, as HL7 writes it.
    public init(answering batch: Batch, in bytes: [UInt8], time: String) {
        self.batch = batch
        self.bytes = bytes
        self.time = time
    }

    /// - Parameters:
    ///   - answers: those to each message of ``Batch/messages``; none where it asked for none.
    ///   - controlID: gives each header its own id.
    public func encoded(_ answers: [[[UInt8]]], controlID: () -> String) -> [UInt8] {
        let parts = batch.parts.isEmpty ? [Batch.Part(messages: 0..<0)] : batch.parts
        let isFile = parts.count > 1
        let mismatches = batch.countMismatches(in: bytes)
        var encoded: [UInt8] = []
        if isFile {
            let texts = mismatches.filter { $0.part == nil }.map(\.text)
            encoded += header("FHS", batch.fileHeader ?? parts[0].header, texts, controlID())
        }
        for (index, part) in parts.enumerated() {
            let texts = mismatches.filter { $0.part == index || (!isFile && $0.part == nil) }.map(\.text)
            encoded += header("BHS", part.header ?? batch.fileHeader, texts, controlID())
            var count = 0
            for message in part.messages where answers.indices.contains(message) {
                for answer in answers[message] { encoded += answer }
                count += answers[message].count
            }
            encoded += trailer("BTS", part.header ?? batch.fileHeader, count)
        }
        if isFile { encoded += trailer("FTS", batch.fileHeader ?? parts[0].header, parts.count) }
        return encoded
    }

    private func header(
        _ name: String, _ original: Range<Int>?, _ comments: [String], _ controlID: String
    ) -> [UInt8] {
        let line = original.map { bytes[$0] } ?? []
        let separator = separator(of: original)
        let fields = line.split(separator: separator, omittingEmptySubsequences: false)
        func field(_ number: Int) -> [UInt8] { fields.count > number - 1 ? Array(fields[number - 1]) : [] }
        let delimiters = Delimiters(field: separator, encoding: field(2)).forAnswers
        let comment = comments.joined(separator: "; ")
        // Who counts BHS itself as the first field puts the id one place further.
        let reference = field(11).isEmpty ? field(12) : field(11)
        let parts: [[UInt8]] = [
            Array(name.utf8), field(2).isEmpty ? delimiters.encodingCharacters : field(2), field(5), field(6),
            field(3), field(4), Array(time.utf8), [], [],
            Array((Escape.encoded(comment, delimiters: delimiters) ?? comment).utf8), Array(controlID.utf8), reference,
        ]
        return Array(parts.joined(separator: [separator])) + [0x0D]
    }

    private func trailer(_ name: String, _ header: Range<Int>?, _ count: Int) -> [UInt8] {
        Array(name.utf8) + [separator(of: header)] + Array("\(count)".utf8) + [0x0D]
    }

    /// A header segment has at least four bytes.
    private func separator(of header: Range<Int>?) -> UInt8 {
        header.map { bytes[$0.lowerBound + 3] } ?? Delimiters.standard.field
    }
}
