/// Puts answers back into the order of their frames, whatever order they are given in.
struct AnswerQueue: Sendable {
    private struct Slot {
        var bytes: Int
        var reply: Answer.Reply?
        var following: [[UInt8]] = []
    }

    private var slots: [Slot] = []
    private var head = 0  // slots before it are taken
    private var taken = 0  // frames answered since the beginning

    /// Bytes of the frames that wait for their answer to be taken.
    private(set) var bytes = 0

    /// Frames that wait for their answer to be taken.
    var count: Int { slots.count - head }

    /// Adds a frame and returns its number: 0 for the first.
    mutating func open(bytes: Int) -> Int {
        slots.append(Slot(bytes: bytes))
        self.bytes += bytes
        return taken + count - 1
    }

    /// Notes the answer to frame `number`. Only the first answer to a frame counts.
    mutating func complete(_ number: Int, with reply: Answer.Reply) {
        guard let index = index(of: number), slots[index].reply == nil else { return }
        slots[index].reply = reply
    }

    /// Notes payloads to be sent after the answer to frame `number`.
    /// - Returns: false if that answer is gone already, so that they may go at once.
    mutating func follow(_ number: Int, with payloads: [[UInt8]]) -> Bool {
        guard let index = index(of: number) else { return false }
        slots[index].following += payloads
        return true
    }

    /// Takes the answer to the oldest frame if it is there.
    mutating func next() -> Answer.Reply? {
        guard head < slots.count, var reply = slots[head].reply else { return nil }
        reply.payloads += slots[head].following
        bytes -= slots[head].bytes
        slots[head] = Slot(bytes: 0)
        head += 1
        taken += 1
        if head == slots.count {
            slots.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1_024 {
            slots.removeFirst(head)
            head = 0
        }
        return reply
    }

    private func index(of number: Int) -> Int? {
        let index = number - taken + head
        return number >= taken && index < slots.count ? index : nil
    }
}
