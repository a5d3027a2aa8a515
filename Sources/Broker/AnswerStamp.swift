import HL7
import Synchronization

/// Gives every answer its own control id (MSH-10) and its time (MSH-7).
///
///     WL1M2K9QZ7X4-1F       microseconds at start and a counter, both in base 36: unique across restarts
final class AnswerStamp: Sendable {
    private let prefix: String
    private let counter = Atomic<UInt64>(0)
    private let clock: Clock

    init(clock: Clock) {
        self.clock = clock
        prefix = "W" + String(clock.now(), radix: 36, uppercase: true) + "-"
    }

    func next() -> (controlID: String, time: String) {
        let number = counter.wrappingAdd(1, ordering: .relaxed).newValue
        return (prefix + String(number, radix: 36, uppercase: true), Timestamp.text(microseconds: clock.now()))
    }
}
