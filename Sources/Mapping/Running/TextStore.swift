/// Bytes that stay where they are until the run is over: of the message, of the plan, or made while mapping.
typealias Text = UnsafeBufferPointer<UInt8>

/// Keeps texts that are made while mapping, in blocks that never move: a text is good until ``free()``.
struct TextStore {
    private static let blockBytes = 4_096

    private var blocks = Buffer<UnsafeMutablePointer<UInt8>>(capacity: 8)
    private var block: UnsafeMutablePointer<UInt8>
    private var used = 0

    init() {
        block = .allocate(capacity: Self.blockBytes)
        blocks.append(block)
    }

    func free() {
        for index in blocks.indices { blocks[index].deallocate() }
        blocks.free()
    }

    mutating func keep(_ bytes: Text) -> Text {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return Text(start: nil, count: 0) }
        let place = place(for: bytes.count)
        place.initialize(from: start, count: bytes.count)
        return Text(start: place, count: bytes.count)
    }

    mutating func keep(_ text: String) -> Text {
        var text = text
        return text.withUTF8 { keep($0) }
    }

    mutating func keep(_ bytes: [UInt8]) -> Text { bytes.withUnsafeBufferPointer { keep($0) } }

    private mutating func place(for count: Int) -> UnsafeMutablePointer<UInt8> {
        if count > Self.blockBytes / 4 {
            let own = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
            blocks.append(own)
            return own
        }
        if used + count > Self.blockBytes {
            block = .allocate(capacity: Self.blockBytes)
            blocks.append(block)
            used = 0
        }
        defer { used += count }
        return block + used
    }
}

extension Text {
    func equals(_ other: Text) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }

    var string: String { String(decoding: self, as: UTF8.self) }

    /// Exactly the two bytes `""`.
    var isNull: Bool { count == 2 && self[0] == 0x22 && self[1] == 0x22 }
}
