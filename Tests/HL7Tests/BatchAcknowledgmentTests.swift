import HL7
import Testing

struct BatchAcknowledgmentTests {
    private static func bytes(_ segments: String...) -> [UInt8] { segments.flatMap { Array($0.utf8) + [0x0D] } }

    /// The answer to a batch in which every message gets `MSA|AA|n`, as lines; ids are W1, W2, …
    private func answer(_ bytes: [UInt8], _ answers: [[[UInt8]]]? = nil) -> [String] {
        let batch = Batch(bytes)
        let each = answers ?? batch.messages.indices.map { [Self.bytes("MSH|a", "MSA|AA|\($0 + 1)")] }
        var number = 0
        let encoded = BatchAcknowledgment(answering: batch, in: bytes, time: "2026").encoded(each) {
            number += 1
            return "W\(number)"
        }
        return String(decoding: encoded, as: UTF8.self).split(separator: "\r").map(String.init)
    }

    @Test func `a batch is answered by a batch that names it and counts`() {
        let batch = Self.bytes(
            "BHS|^~\\&|HIS|GH|WL|EX|2026||name|comment|B1", "MSH|1", "MSH|2", "BTS|2|comment")
        #expect(
            answer(batch) == [
                "BHS|^~\\&|WL|EX|HIS|GH|2026||||W1|B1", "MSH|a", "MSA|AA|1", "MSH|a", "MSA|AA|2", "BTS|2",
            ])
    }

    @Test func `a message that asked for no answer leaves no gap, and one that asked for two has both`() {
        let batch = Self.bytes("BHS|^~\\&|A|B|C|D|2026||||B1", "MSH|1", "MSH|2", "MSH|3", "BTS|3")
        let one = Self.bytes("MSH|a", "MSA|CA|2")
        let lines = answer(batch, [[], [one, Self.bytes("MSH|a", "MSA|AA|2")], []])
        #expect(lines.filter { $0.hasPrefix("MSA") } == ["MSA|CA|2", "MSA|AA|2"])
        #expect(lines.last == "BTS|2")
    }

    @Test func `an empty batch is answered by an empty one`() {
        #expect(
            answer(Self.bytes("BHS|^~\\&|A|B|C|D|2026||||B1", "BTS|0")).map { String($0.prefix(5)) } == [
                "BHS|^", "BTS|0",
            ])
        #expect(
            answer(Self.bytes("FHS|^~\\&|A|B|C|D|2026||||F1", "FTS|0")) == ["BHS|^~\\&|C|D|A|B|2026||||W1|F1", "BTS|0"])
    }

    @Test func `a file of one batch is answered by one batch, a file without BHS by one made of FHS`() {
        let file = Self.bytes("FHS|^~\\&|A|B|C|D|2026||||F1", "BHS|^~\\&|E|F|G|H|2026||||B1", "MSH|1", "BTS|1", "FTS|1")
        #expect(answer(file).first == "BHS|^~\\&|G|H|E|F|2026||||W1|B1")
        let bare = Self.bytes("FHS|^~\\&|A|B|C|D|2026||||F1", "MSH|1", "FTS")
        #expect(answer(bare) == ["BHS|^~\\&|C|D|A|B|2026||||W1|F1", "MSH|a", "MSA|AA|1", "BTS|1"])
    }

    @Test func `a file of several batches is answered by a file of as many`() {
        let file = Self.bytes(
            "FHS|^~\\&|A|B|C|D|2026||||F1", "BHS|^~\\&|A|B|C|D|2026||||B1", "MSH|1", "BTS|1",
            "BHS|^~\\&|A|B|C|D|2026||||B2", "MSH|2", "MSH|3", "BTS|2", "FTS|2")
        #expect(
            answer(file) == [
                "FHS|^~\\&|C|D|A|B|2026||||W1|F1", "BHS|^~\\&|C|D|A|B|2026||||W2|B1", "MSH|a", "MSA|AA|1", "BTS|1",
                "BHS|^~\\&|C|D|A|B|2026||||W3|B2", "MSH|a", "MSA|AA|2", "MSH|a", "MSA|AA|3", "BTS|2", "FTS|2",
            ])
    }

    @Test func `the separators are those of the batch header`() {
        let batch = Self.bytes("BHS$%*!@$A$B$C$D$2026$$$$B1", "MSH|1", "BTS$1")
        #expect(answer(batch).first == "BHS$%*!@$C$D$A$B$2026$$$$W1$B1")
        #expect(answer(batch).last == "BTS$1")
        #expect(answer(Self.bytes("BHS|", "MSH|1")).first == "BHS|^~\\&|||||2026||||W1|")
    }

    @Test func `a wrong count is said in the comment`() {
        let batch = Self.bytes("BHS|^~\\&|A|B|C|D|2026||||B1", "MSH|1", "BTS|3")
        #expect(answer(batch).first == "BHS|^~\\&|C|D|A|B|2026|||BTS-1 announces 3 messages, and 1 came|W1|B1")
    }
}
