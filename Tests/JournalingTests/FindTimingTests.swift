import Foundation
import Testing

@testable import Journaling

private let messageCount = ProcessInfo.processInfo.environment["WARDLINE_FIND_MESSAGES"].flatMap { Int64($0) }

/// How long a search takes among many messages. Makes as many as `WARDLINE_FIND_MESSAGES` says; without it, nothing.
@Suite(.enabled(if: messageCount != nil), .serialized) struct FindTimingTests {
    /// Keys over the whole range.
    private func key(_ kind: UInt64, _ number: Int64) -> UInt64 {
        (UInt64(number) &* 0x9E37_79B9_7F4A_7C15) ^ (kind &* 0xD6E8_FEB8_6659_FD93)
    }

    /// What one message is found by: a patient in two ways, name, birth and both, visit, two orders, sender and type.
    private func keys(_ seq: Int64) -> [UInt64] {
        let patient = seq &* 7_919 % 1_000_000
        let (name, birth) = (patient % 50_000, patient % 30_000)
        return [
            key(1, patient), key(2, patient), key(3, name), key(4, birth), key(5, name << 20 | birth),
            key(6, seq / 5), key(7, seq / 2), key(8, seq / 2), key(9, seq % 100), key(10, seq % 20),
        ]
    }

    @Test func `a search by keys among ten million messages takes less than 100 ms`() async throws {
        let count = try #require(messageCount)
        try await TemporaryFolder.with { folder in
            let store = try FindStore(path: folder.path + "/find.sqlite", fingerprint: 1)
            let began = ContinuousClock.now
            for first in stride(from: Int64(1), through: count, by: 5_000) {
                try await store.add(
                    (first..<min(first + 5_000, count + 1)).map {
                        FindStore.Row(seq: $0, receivedAt: $0 * 8_000, keys: keys($0))
                    })
                while try await store.merge() {}
            }
            try await store.save()
            let size = try FileManager.default.attributesOfItem(atPath: folder.path + "/find.sqlite")[.size] ?? 0
            print("find: \(count) messages indexed in \(ContinuousClock.now - began), \(size) bytes")
            let searches: [(String, (Int64) -> [UInt64])] = [
                ("patient", { [key(2, $0 &* 7_919 % 1_000_000)] }), ("order", { [key(7, $0 / 2)] }),
                ("name and birth", { [keys($0)[4]] }), ("patient and type", { [keys($0)[1], keys($0)[9]] }),
                ("sender and type", { [keys($0)[8], keys($0)[9]] }), ("nobody", { [key(2, 2_000_000 + $0)] }),
            ]
            for (name, search) in searches {
                var times: [Duration] = []
                for number in 0..<200 {
                    let seq = Int64(number) &* 48_271 % count + 1
                    let start = ContinuousClock.now
                    let found = try await store.newest(keys: search(seq), in: 1...count, limit: 50)
                    times.append(ContinuousClock.now - start)
                    #expect(name == "nobody" ? found.seqs.isEmpty : !found.seqs.isEmpty, "\(name) \(seq)")
                }
                times.sort()
                print("find: \(name): median \(times[100]), 99 of 100 within \(times[198]), longest \(times[199])")
                #expect(times[198] < .milliseconds(100), "\(name)")
            }
        }
    }
}
