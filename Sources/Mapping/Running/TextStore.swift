/// Bytes that stay where they are until the run is over: of the message, of the plan, or made while mapping.
typealias Text = UnsafeBufferPointer<UInt8>

/// Keeps texts that are made while mapping, in blocks that never move.
///
/// The pointers it gives are good as long as it lives, which is the run.
final class TextStore {
    private static let blockBytes = 4_096

    private var blocks: [UnsafeMutablePointer<UInt8>] = []
    private var used = TextStore.blockBytes

    func keep(_ bytes: some Collection<UInt8>) -> Text {
        let count = bytes.count
        guard count > 0 else { return Text(start: nil, count: 0) }
        let place = place(for: count)
        _ = UnsafeMutableBufferPointer(start: place, count: count).initialize(from: bytes)
        return Text(start: place, count: count)
    }

    func keep(_ text: String) -> Text { keep(text.utf8) }

    private func place(for count: Int) -> UnsafeMutablePointer<UInt8> {
        if count > Self.blockBytes / 4 {
            // A block of its own, put before the one that is being filled.
            let block = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
            blocks.insert(block, at: max(0, blocks.count - 1))
            return block
        }
        if used + count > Self.blockBytes || blocks.isEmpty {
            blocks.append(.allocate(capacity: Self.blockBytes))
            used = 0
        }
        defer { used += count }
        return blocks[blocks.count - 1] + used
    }

    deinit { for block in blocks { block.deallocate() } }
}

extension Text {
    func equals(_ other: Text) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }

    func equals(_ literal: StaticString) -> Bool {
        equals(Text(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    var string: String { String(decoding: self, as: UTF8.self) }

    /// Exactly the two bytes `""`.
    var isNull: Bool { count == 2 && self[0] == 0x22 && self[1] == 0x22 }
}
