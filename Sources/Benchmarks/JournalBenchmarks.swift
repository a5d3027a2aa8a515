internal import Auditing
internal import FHIR
internal import Foundation
internal import Journaling
internal import Synchronization

/// `journal.*`: appends of a 1.0 KB message to the journal by 1, 8 and 64 callers, each waiting until its entry is on
/// disk. The baseline appends the same bytes to a file in the same way.
enum JournalBenchmarks {
    static let suites = [1, 8, 64].map { callers in
        Benchmarks.Suite(name: "journal.\(callers)") { [try await run("journal.\(callers)", callers: callers)] }
    }

    private static let rounds = 5
    private static let round = Duration.milliseconds(600)

    private static func run(_ name: String, callers: Int) async throws -> Measurement {
        try await TemporaryFolder.with { folder in
            let journal = try SQLiteJournal(
                SQLiteJournal.Configuration(folder: folder + "/var", broker: "benchmark", key: AuditKey()))
            let raw = try RawLog(path: folder + "/raw.log")
            let journaled: @Sendable (Int) async throws -> Void = { _ = try await journal.append([entry($0)]) }
            let written: @Sendable (Int) async throws -> Void = { _ in try await raw.append(Samples.adt) }

            // The first round of each only warms up.
            let numbers = Atomic(0)
            var rates: [(journal: Double, raw: Double)] = []
            for _ in 0...rounds {
                rates.append(
                    (try await rate(callers, numbers, journaled), try await rate(callers, numbers, written)))
            }
            await journal.close()
            raw.close()
            let journalRates = rates.dropFirst().map(\.journal).sorted()
            let rawRates = rates.dropFirst().map(\.raw).sorted()
            return Measurement(
                name, journalRates[rounds / 2], baseline: rawRates[rounds / 2],
                against: "append and one fdatasync for all that wait"
            )
            .with("callers", .number(JSONNumber(callers))).with("best", .rounded(journalRates[rounds - 1]))
        }
    }

    /// Calls a second of so many callers, each one call at a time.
    private static func rate(
        _ callers: Int, _ numbers: borrowing Atomic<Int>, _ call: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Double {
        let first = numbers.load(ordering: .relaxed)
        let count = Counter(first)
        let start = ContinuousClock.now
        let end = start + round
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<callers {
                group.addTask {
                    while ContinuousClock.now < end { try await call(count.next()) }
                }
            }
            try await group.waitForAll()
        }
        let elapsed = ContinuousClock.now - start
        numbers.store(count.next(), ordering: .relaxed)
        return Double(numbers.load(ordering: .relaxed) - first) / elapsed.seconds
    }

    /// Hands out numbers, each once.
    private final class Counter: Sendable {
        private let value: Atomic<Int>

        init(_ start: Int) { value = Atomic(start) }

        func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
    }

    /// An accepted message with a control id and a hash of its own, as intake makes it.
    private static func entry(_ number: Int) -> NewEntry {
        let now = SQLiteJournal.wallClock()
        let id = "B\(number)"
        var hash = [UInt8](repeating: 0, count: 32)
        withUnsafeBytes(of: number) { hash.replaceSubrange(0..<8, with: $0) }
        return NewEntry(
            receivedAt: now, listener: "bench", sender: "bench", peer: "127.0.0.1", controlId: id, type: "ADT^A01",
            version: "2.5.1", laneKeys: [UInt64(number % 1_000), .max], patients: [UInt64(number % 1_000)],
            answer: Array("MSA|AA|\(id)\r".utf8), configuration: hash, body: Samples.adt, bodySHA256: hash,
            event: AuditEvent(
                .messageReceived, at: now, listener: "bench", type: "ADT^A01", controlId: id,
                patients: [UInt64(number % 1_000)]))
    }
}
