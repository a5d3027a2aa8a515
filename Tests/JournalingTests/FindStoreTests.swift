import Foundation
import GRDB
import Testing

@testable import Journaling

@Suite struct FindStoreTests {
    private func row(_ seq: Int64, _ keys: [UInt64], at minute: Int64 = 0) -> FindStore.Row {
        FindStore.Row(seq: seq, receivedAt: minute * 60_000_000, keys: keys)
    }

    private func withPath(_ body: (String) async throws -> Void) async throws {
        try await TemporaryFolder.with { try await body($0.path + "/find.sqlite") }
    }

    private func everything(_ store: FindStore, _ keys: [UInt64]) async throws -> [Int64] {
        try await store.newest(keys: keys, in: 1...Int64.max - 1, limit: 10_000).seqs
    }

    /// Keys over the whole range, so that every slice has some.
    private func spread(_ number: Int64) -> UInt64 { UInt64(number) &* 0x9E37_79B9_7F4A_7C15 }

    @Test func `entries with all keys are found newest first, in pages`() async throws {
        try await withPath { path in
            let store = try FindStore(path: path, fingerprint: 1)
            try await store.add((1...10).map { row($0, $0 % 2 == 0 ? [7, .max] : [7]) })
            #expect(try await everything(store, [7]) == (1...10).reversed())
            #expect(try await everything(store, [7, .max]) == [10, 8, 6, 4, 2])
            #expect(try await everything(store, [8]).isEmpty)
            let page = try await store.newest(keys: [.max], in: 1...9, limit: 2)
            #expect(page == FindStore.Found(seqs: [8, 6], next: 5))
            let list = try await store.newest(keys: [.max], lists: [[1, 2, 3, 4]], in: 1...9, limit: 9)
            #expect(list == FindStore.Found(seqs: [4, 2], next: nil))
        }
    }

    @Test func `nothing changes in what is found while tables are sorted and merged`() async throws {
        try await withPath { path in
            let store = try FindStore(path: path, fingerprint: 1, recentRowsMax: 40)
            var expected: [UInt64: [Int64]] = [:]
            for page in Int64(0)..<20 {
                let rows = (page * 20 + 1...page * 20 + 20).map { row($0, [spread($0 % 50), spread(1_000 + $0 % 3)]) }
                for row in rows { for key in row.keys { expected[key, default: []].insert(row.seq, at: 0) } }
                try await store.add(rows)
            }
            var steps = 0
            while try await store.merge() {
                steps += 1
                guard steps % 61 == 0 else { continue }
                for (key, seqs) in expected { #expect(try await everything(store, [key]) == seqs) }
            }
            #expect(steps >= 2 * Int(FindStore.slices))
            for (key, seqs) in expected { #expect(try await everything(store, [key]) == seqs) }
            // 20 sorted tables: twice eight became one, four are left.
            #expect(try await store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM run") } == 6)
            let both = Set(expected[spread(7)] ?? []).intersection(expected[spread(1_001)] ?? [])
            #expect(try await everything(store, [spread(7), spread(1_001)]) == both.sorted(by: >))
        }
    }

    @Test func `the place and the keys are there after another start, also in the middle of a merge`() async throws {
        try await withPath { path in
            var store = try FindStore(path: path, fingerprint: 9, recentRowsMax: 1)
            for seq in Int64(1)...8 { try await store.add([row(seq, [5], at: seq)]) }
            for _ in 0..<100 { #expect(try await store.merge()) }
            store.close()
            store = try FindStore(path: path, fingerprint: 9, recentRowsMax: 1)
            #expect(store.place == FindStore.Place(seq: 8, receivedAt: 8 * 60_000_000, fingerprint: 9))
            #expect(try await everything(store, [5]) == (1...8).reversed())
            while try await store.merge() {}
            #expect(try await everything(store, [5]) == (1...8).reversed())
        }
    }

    @Test func `an entry that is added twice is found once`() async throws {
        try await withPath { path in
            let store = try FindStore(path: path, fingerprint: 1)
            try await store.add([row(1, [5])])
            try await store.add([row(1, [5])])
            #expect(try await everything(store, [5]) == [1])
        }
    }

    @Test func `what is not saved is found, and after another start it is to be added again`() async throws {
        try await withPath { path in
            var store = try FindStore(path: path, fingerprint: 1, recentRowsMax: 4)
            try await store.add([row(1, [5, 6], at: 1), row(2, [5, 7], at: 2)])
            try await store.add([row(3, [5], at: 3)])
            #expect(store.place.seq == 3)
            #expect(try await everything(store, [5]) == [3, 2, 1])
            #expect(try await store.seqs(from: nil, to: nil) == 1...3)
            store.close()
            store = try FindStore(path: path, fingerprint: 1, recentRowsMax: 4)
            #expect(store.place.seq == 2)
            #expect(try await everything(store, [5]) == [2, 1])
            #expect(try await store.seqs(from: nil, to: nil) == 1...2)
            try await store.add([row(3, [5], at: 3)])
            try await store.save()
            store.close()
            store = try FindStore(path: path, fingerprint: 1)
            #expect(store.place.seq == 3)
            #expect(try await everything(store, [5]) == [3, 2, 1])
        }
    }

    @Test(arguments: [1, 7, 64]) func `memory finds what a list of all pairs would`(size: Int64) {
        var keys = RecentKeys()
        var generator = SystemRandomNumberGenerator()
        var all: [RecentKeys.Pair] = []
        var seq: Int64 = 0
        for _ in 0..<50 {
            let rows = (0..<size).map { _ in
                seq += 1
                return row(seq, Array(Set((0..<3).map { _ in UInt64.random(in: 0..<20, using: &generator) })))
            }
            keys.add(rows)
            all += rows.flatMap { row in row.keys.map { RecentKeys.Pair(key: Int64($0), seq: row.seq) } }
            let (key, bound) = (Int64.random(in: 0..<20), Int64.random(in: 0...seq))
            #expect(keys.newest(key: key, atMost: bound) == all.filter { $0.key == key && $0.seq <= bound }.last?.seq)
        }
        #expect(keys.sorted == all.sorted() && keys.count == all.count)
    }

    @Test func `a time is a range of seqs`() async throws {
        try await withPath { path in
            let store = try FindStore(path: path, fingerprint: 1)
            // The clock went back once.
            try await store.add([row(1, [5], at: 10), row(2, [5], at: 12), row(3, [5], at: 11), row(4, [5], at: 13)])
            #expect(try await store.seqs(from: 11 * 60_000_000, to: 11 * 60_000_000) == 3...3)
            #expect(try await store.seqs(from: 12 * 60_000_000, to: nil) == 2...4)
            #expect(try await store.seqs(from: nil, to: nil) == 1...4)
            #expect(try await store.seqs(from: 14 * 60_000_000, to: nil) == nil)
            #expect(try await store.seqs(from: 13 * 60_000_000, to: 60_000_000) == nil)
        }
    }

    @Test func `what is no index is refused, and can be deleted`() async throws {
        try await withPath { path in
            try Data(repeating: 0x41, count: 4_096).write(to: URL(filePath: path))
            #expect(throws: (any Error).self) { try FindStore(path: path, fingerprint: 1) }
            FindStore.delete(path: path)
            #expect(try FindStore(path: path, fingerprint: 1).place.seq == 0)
        }
    }
}
