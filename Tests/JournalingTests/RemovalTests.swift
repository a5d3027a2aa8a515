import Auditing
import Foundation
import Testing

@testable import Journaling

@Suite struct RemovalTests {
    private let day: Int64 = 86_400_000_000

    private func all(_ journal: any Journal, _ kind: Removal.Kind, before: Int64) async throws -> (
        count: Int, steps: Int
    ) {
        var (count, steps) = (0, 0)
        var after: Int64? = 0
        while let from = after {
            let removed = try await journal.remove(Removal(kind, before: before, after: from, at: before))
            count += removed.count
            steps += 1
            after = removed.next
        }
        return (count, steps)
    }

    @Test(arguments: JournalKind.allCases)
    func `what is queued, held or waiting keeps its bytes, and the ledger balances`(kind: JournalKind) async throws {
        try await kind.with { journal in
            for number in 1...8 { try await journal.store(.sample("M\(number)", at: start)) }
            try await journal.store(.sample("H", at: start, disposition: .heldAtIntake))  // 9
            try await journal.store(.sample("Y", at: start + day))  // 10, young
            try await journal.commit([
                .sample(1, to: ["a.in", "b.in"]), .sample(2, to: ["a.in", "b.in"]),
                .sample(3, to: ["a.in"], heldBecause: "map"), .sample(4, to: ["a.in"]),
                Routing(seq: 5, outcome: .filtered, events: []), .sample(6, to: ["a.in"]), .sample(7, to: ["a.in"]),
            ])
            for (seq, endpoint) in [(1, "a.in"), (1, "b.in"), (2, "a.in"), (6, "a.in")] as [(Int64, String)] {
                try await journal.settle(.sample(seq, endpoint, at: start + 1))
            }
            try await journal.settle(.sample(7, "a.in", at: start + day))
            try await journal.control(
                Control(.skip(seq: 4, endpoint: "a.in"), at: start + 1, actor: "u", reason: "r"))
            // 11: entry 6 again, queued.
            var again = NewEntry.sample(
                "M6", body: "", at: start, disposition: .resent, parent: .entry(6),
                deliveries: [NewDelivery(endpoint: "b.in", route: "", configuration: [9])])
            again.body = []
            try await journal.store(again)
            let before = try await journal.ledger(from: nil, to: nil)
            #expect(before.isBalanced)
            let firstDay = try await journal.ledger(from: start, to: start + 1)

            let bodies = try await all(journal, .bodies, before: start + day)
            #expect(bodies.count == 4)
            var kept: [Int64] = []
            for seq: Int64 in 1...11 where try await journal.body(seq) != nil { kept.append(seq) }
            // 1, 4 and 7 are settled, 5 is filtered; 8 waits for the router, 9 for a person, 10 is young, 11 needs 6.
            #expect(kept == [2, 3, 6, 8, 9, 10, 11])
            #expect(try await journal.delivery(7, endpoint: "a.in")?.sentBytes == nil)
            #expect(try await journal.delivery(2, endpoint: "a.in")?.sentBytes != nil)

            let deliveries = try await all(journal, .deliveries, before: start + day)
            // Of 7 the delivery is young, though its message is old.
            #expect(deliveries.count == 5)
            #expect(try await journal.deliveries(of: 1).isEmpty)
            #expect(try await journal.attempts(of: 1).isEmpty)
            #expect(try await journal.deliveries(of: 2).map(\.endpoint) == ["b.in"])
            #expect(try await journal.attempts(of: 7).count == 1)
            #expect(try await journal.queues().reduce(0) { $0 + $1.queued + $1.held } == 3)
            let after = try await journal.ledger(from: nil, to: nil)
            #expect(after == before)
            #expect(try await journal.ledger(from: start, to: start + 1) == firstDay)
            #expect(try await journal.entry(1)?.controlId == "M1")
            #expect(try await journal.events(of: 1).map(\.kind).contains(.deliverySent))
            let last = try await journal.lastEventNumber()
            #expect(
                try await journal.events(after: last - 2, limit: 9).map(\.kind) == [
                    .retentionRemoved, .retentionRemoved,
                ])

            // Nothing is left to do, and nothing is recorded for it.
            #expect(try await all(journal, .bodies, before: start + day).count == 0)
            #expect(try await all(journal, .deliveries, before: start + day).count == 0)
            #expect(try await journal.lastEventNumber() == last)
        }
    }

    @Test func `a removed delivery cannot be settled again`() async throws {
        try await TemporaryFolder.with { folder in
            let journal = try SQLiteJournal(folder.configuration())
            try await journal.store(.sample())
            try await journal.commit([.sample(1, to: ["a.in"])])
            try await journal.settle(.sample(1, "a.in"))
            _ = try await all(journal, .deliveries, before: start + 1)
            let error = await #expect(throws: JournalError.self) { try await journal.settle(.sample(1, "a.in")) }
            #expect(error?.code == .notFound)
            await journal.close()
        }
    }

    @Test func `the file gets shorter by steps of at most 500 rows and 64 pages`() async throws {
        try await TemporaryFolder.with { folder in
            let journal = try SQLiteJournal(folder.configuration())
            let text = String(repeating: "x", count: 3_000)
            let count: Int64 = 2_300
            for first in stride(from: Int64(1), through: count, by: 100) {
                for seq in first..<first + 100 {
                    journal.append([.sample("M\(seq)", body: text, at: start + seq)]) { _ in }
                }
                // Every hundredth waits.
                _ = try await journal.append([.sample("W\(first)", body: text, at: start + first)])
            }
            let last = try await journal.lastSeq()
            #expect(last == count + 23)
            let held = stride(from: Int64(101), through: last, by: 101).map { $0 }
            try await journal.commit(
                (1...last).map { .sample($0, to: ["a.in"], heldBecause: held.contains($0) ? "map" : nil) })
            for seq in 1...last where !held.contains(seq) { try await journal.settle(.sample(seq, "a.in", at: start)) }
            let path = folder.path + "/journal.sqlite"
            let pages = { () throws(JournalError) in
                try SQLiteConnection(path: path).integer("PRAGMA page_count")
            }
            let size = {
                try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64) / 4_096
            }
            let full = try pages()
            let bodies = try await all(journal, .bodies, before: start + day)
            #expect(bodies.count == Int(count))
            #expect(bodies.steps == 5)
            let deliveries = try await all(journal, .deliveries, before: start + day)
            #expect(deliveries.count == Int(count))
            #expect(try pages() == full)
            // The writer goes on between the steps.
            try await journal.store(.sample("AFTER", at: start + 2 * day))
            let space = try await all(journal, .pages, before: 0)
            #expect(space.steps == (space.count + Removal.pagesMax - 1) / Removal.pagesMax)
            let short = try pages()
            // Of about 800 pages one more says where they are.
            #expect((0...3).contains(full - short - Int64(space.count)))
            // While the journal is open; what comes next waits until the file is shorter.
            try await journal.store(.sample("NEXT", at: start + 2 * day))
            #expect(try size() == short)
            #expect(short < full / 2, "\(full) pages, then \(short)")
            for seq in held { #expect(try await journal.body(seq)?.count == 3_000) }
            #expect(try await journal.queues().map(\.held) == [23])
            #expect(try await journal.ledger(from: nil, to: nil).isBalanced)
            await journal.close()
            #expect(try size() <= short + 16)
            #expect(try JournalAudit.verify(folder: folder.path).report.isGood)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `bodies are removed by size, the oldest first, and what waits is kept`(kind: JournalKind) async throws {
        try await kind.with { journal in
            let text = String(repeating: "x", count: 1_000)
            for number in 1...20 { try await journal.store(.sample("M\(number)", body: text, at: start)) }
            try await journal.commit((1...20).map { .sample($0, to: ["a.in"]) })
            for seq: Int64 in 1...20 where seq != 2 { try await journal.settle(.sample(seq, "a.in")) }
            // Of each delivered one the two bytes that were sent are kept too.
            #expect(try await journal.textBytes() == 20_000 + 19 * 2)
            var removed = try await journal.remove(
                Removal(.bodies, before: start + 1, at: start + 1, bytesMax: 3_500))
            #expect(removed.count == 4)
            #expect(removed.bytes == 4 * 1_002)
            var kept: [Int64] = []
            for seq: Int64 in 1...20 where try await journal.body(seq) != nil { kept.append(seq) }
            #expect(kept == [2] + Array(6...20))
            #expect(try await journal.textBytes() == 16_000 + 15 * 2)
            removed = try await journal.remove(Removal(.deliveries, before: start + 1, at: start + 1))
            // What was sent goes with its delivery.
            if kind == .sqlite { #expect(try await journal.textBytes() == 16_000) }
            #expect(try await journal.ledger(from: nil, to: nil).isBalanced)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `what is under a legal hold is kept`(kind: JournalKind) async throws {
        try await kind.with { journal in
            var other = NewEntry.sample("M2", at: start)
            other.provider = "clinic"
            try await journal.store(.sample("M1", at: start))
            try await journal.store(other)
            try await journal.commit([.sample(1, to: ["a.in"]), .sample(2, to: ["a.in"])])
            for seq: Int64 in 1...2 { try await journal.settle(.sample(seq, "a.in")) }
            func remove(_ kind: Removal.Kind, _ hold: LegalHold) async throws -> Int {
                try await journal.remove(Removal(kind, before: start + 1, at: start + 1, legalHold: hold)).count
            }
            for kind in [Removal.Kind.bodies, .deliveries] {
                #expect(try await remove(kind, .everything) == 0)
                #expect(try await remove(kind, .providers(["general-hospital"])) == 1)
            }
            #expect(try await journal.body(1) != nil)
            #expect(try await journal.body(2) == nil)
            #expect(try await journal.deliveries(of: 1).count == 1)
            #expect(try await journal.deliveries(of: 2).isEmpty)
            #expect(try await remove(.bodies, .nothing) == 1)
            #expect(try await journal.ledger(from: nil, to: nil).isBalanced)
        }
    }
}
