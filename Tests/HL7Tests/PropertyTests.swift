import HL7
import Testing

/// What holds for every message, tried on random ones; a failure prints the seed that makes it again.
struct PropertyTests {
    static let seeds: [UInt64] = (1...8).map { $0 &* 0x9E37_79B9 }

    @Test(arguments: seeds)
    func `a message gives back the bytes it was parsed from, and its segments put together are the message`(
        seed: UInt64
    )
        throws
    {
        var random = SeededGenerator(state: seed)
        for _ in 0..<50 {
            let sample = SampleMessage(&random)
            let message = try Message(parsing: sample.bytes)
            #expect(message.bytes == sample.bytes, "seed \(seed)")
            let joined = message.segments.flatMap { Array($0.bytes) + [0x0D as UInt8] }
            #expect(joined == sample.bytes, "seed \(seed)")
            for segment in message.segments.dropFirst() {
                let fields = (1...max(1, segment.fieldCount)).compactMap { segment.field($0) }.map { Array($0.bytes) }
                let emitted = Array(segment.name.utf8) + fields.flatMap { [message.delimiters.field] + $0 }
                #expect(emitted == Array(segment.bytes), "seed \(seed)")
            }
        }
    }

    @Test(arguments: seeds)
    func `every place of a message is read by its path`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        for _ in 0..<20 {
            let sample = SampleMessage(&random)
            let message = try Message(parsing: sample.bytes)
            for place in sample.places {
                let path = try Path(place.path)
                #expect(path.description == place.path, "seed \(seed)")
                #expect(message[place.path] == place.text, "seed \(seed): \(place.path)")
                #expect(message.value(at: path)?.text == place.text, "seed \(seed): \(place.path)")
                let count = message.withBytes(at: path) { $0.count }
                #expect(count == message.value(at: path)?.range.count, "seed \(seed): \(place.path)")
            }
        }
    }

    @Test(arguments: seeds)
    func `a text that is set anywhere reads back as it was and moves nothing else`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        for _ in 0..<20 {
            let sample = SampleMessage(&random)
            let message = try Message(parsing: sample.bytes)
            guard let target = sample.places.randomElement(using: &random) else { continue }
            let text = SampleMessage.text(&random)
            let edited = try message.editing { try $0.set(text, at: Path(target.path)) }
            #expect(edited[target.path] == text, "seed \(seed): \(target.path)")
            for place in sample.places where place.path != target.path {
                #expect(edited[place.path] == place.text, "seed \(seed): \(place.path)")
            }
        }
    }

    @Test(arguments: seeds)
    func `no location lies outside the message`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        for _ in 0..<20 {
            let sample = SampleMessage(&random)
            var bytes = sample.bytes
            for _ in 0..<5 {
                bytes[Int.random(in: 8..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            guard let message = try? Message(parsing: bytes) else { continue }
            for segment in message.segments {
                let location = segment.location(field: segment.fieldCount)
                // A line that begins with no segment name cannot be named either.
                guard (try? Path(location.segment)) != nil else { continue }
                #expect(message.segments(location.segment).count >= location.occurrence, "seed \(seed)")
                #expect(segment.range.upperBound <= message.indexedBytes.count, "seed \(seed)")
            }
            if let offset = message.firstUndecodableOffset { #expect(bytes.indices.contains(offset), "seed \(seed)") }
        }
    }
}

/// A random message in UTF-8 and what stands in it.
private struct SampleMessage {
    private(set) var bytes: [UInt8]
    /// Paths to values, and their texts.
    private(set) var places: [(path: String, text: String)] = []

    init(_ random: inout SeededGenerator) {
        bytes = Array("MSH|^~\\&|GHH|||||||1|P|2.5.1||||||UNICODE UTF-8\r".utf8)
        var seen: [String: Int] = [:]
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let name = ["PID", "OBX", "NTE", "ZPI"].randomElement(using: &random) ?? "PID"
            seen[name, default: 0] += 1
            bytes += name.utf8
            for field in 1...Int.random(in: 1...8, using: &random) {
                bytes.append(0x7C)
                add(field: "\(name)[\(seen[name] ?? 1)]-\(field)", &random)
            }
            bytes.append(0x0D)
        }
    }

    private mutating func add(field: String, _ random: inout SeededGenerator) {
        for repetition in 1...Int.random(in: 1...3, using: &random) {
            if repetition > 1 { bytes.append(0x7E) }
            for component in 1...Int.random(in: 1...3, using: &random) {
                if component > 1 { bytes.append(0x5E) }
                for part in 1...Int.random(in: 1...2, using: &random) {
                    if part > 1 { bytes.append(0x26) }
                    let text = Self.text(&random)
                    bytes += Self.escaped(text).utf8
                    places.append(("\(field)[\(repetition)].\(component).\(part)", text))
                }
            }
        }
    }

    static func text(_ random: inout SeededGenerator) -> String {
        let characters = Array("aZ09 .|^~&\\#\"'ëĄ€葉😀\t-")
        return String(
            (0..<Int.random(in: 0...9, using: &random)).compactMap { _ in characters.randomElement(using: &random) })
    }

    /// Written here a second time, so that the library is not checked against itself.
    private static func escaped(_ text: String) -> String {
        let letters: [Character: String] = ["|": "F", "^": "S", "&": "T", "~": "R", "\\": "E"]
        return text.map { letters[$0].map { "\\\($0)\\" } ?? String($0) }.joined()
    }
}
