import HL7
import Testing

struct RobustnessTests {
    private static let alphabet =
        Array("MSHPIDADD|||^~\\&\r\r\n\"\"FX0A19.Ebr".utf8) + [0x00, 0x1B, 0x24, 0x7F, 0x80, 0xC3, 0xAB, 0xFF]
    private static let charsets = [
        "", "8859/1", "UNICODE UTF-8", "GB 18030-2000", "~ISO IR87", "KLINGON", "UNICODE UTF-16", "windows-1252",
    ]

    @Test(arguments: UInt64(1)...20)
    func `no bytes crash the parser, and every range lies in the message`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        for _ in 0..<100 {
            var bytes = Array("MSH".utf8)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes += [UInt8.random(in: 0...255, using: &random)]
            case 1: bytes += Array("|^~\\&|".utf8)
            case 2: bytes += Array("|^~\\&||||||||||||||||\(Self.charsets.randomElement(using: &random) ?? "")|\r".utf8)
            default: bytes = []
            }
            for _ in 0..<Int.random(in: 0..<300, using: &random) {
                bytes.append(Self.alphabet.randomElement(using: &random) ?? 0)
            }
            _ = Batch(bytes)
            guard let message = try? Message(parsing: bytes) else { continue }
            try walk(message, bytes, seed)
            try edit(message, &random)
        }
    }

    private func walk(_ message: Message, _ bytes: [UInt8], _ seed: UInt64) throws {
        #expect(message.bytes == bytes, "seed \(seed)")
        let whole = 0..<message.indexedBytes.count
        var end = 0
        for segment in message.segments {
            #expect(whole.contains(segment.range) && segment.range.lowerBound >= end, "seed \(seed)")
            end = segment.range.upperBound
            #expect(segment.occurrence >= 1 && segment.name.utf8.count <= 12)
            for number in stride(from: 1, through: segment.fieldCount, by: 1) {
                let field = try #require(segment.field(number))
                #expect(segment.range.contains(field.range), "seed \(seed)")
                #expect(field.repetitions.count == field.repetitionCount)
                for repetition in field.repetitions {
                    #expect(repetition.components.count == repetition.componentCount)
                    for component in repetition.components {
                        #expect(repetition.range.contains(component.range))
                        for part in component.subcomponents {
                            #expect(component.range.contains(part.range), "seed \(seed)")
                        }
                        _ = component.text
                    }
                }
            }
            #expect(segment.field(segment.fieldCount + 1) == nil)
        }
        if let offset = message.firstUndecodableOffset { #expect(whole.contains(offset), "seed \(seed)") }
        let answer = message.acknowledgment(
            .ae,
            problems: [
                Acknowledgment.Problem(code: 101, location: message.segments.last?.location(field: 1), text: "x|y")
            ],
            controlID: "W1", time: "2024")
        #expect(try Message(parsing: answer)["MSA-1"] == "AE", "seed \(seed)")
    }

    private func edit(_ message: Message, _ random: inout SeededGenerator) throws {
        let segment = message.segments.randomElement(using: &random)?.name ?? "PID"
        let path = Path(
            segment: segment, occurrence: Bool.random(using: &random) ? .any : nil,
            field: Int.random(in: 1...12, using: &random),
            repetition: [nil, .any, .number(1), .number(3)].randomElement(using: &random) ?? nil,
            component: [nil, 1, 4].randomElement(using: &random) ?? nil)
        do {
            let edited = try message.editing { try $0.set("Zoë|x", at: path) }
            #expect(edited.segmentCount == message.segmentCount)
            _ = try message.editing { try $0.remove(path) }
        } catch let error as EditError {
            #expect(error.path == path)
        }
    }
}
