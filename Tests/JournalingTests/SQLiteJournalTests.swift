import Auditing
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Journaling

@Suite struct SQLiteJournalTests {
    // MARK: Timing

    @Test func `every transaction is timed, and the wait for the disk is a part of it`() async throws {
        try await TemporaryFolder.with { folder in
            let times = Mutex<[CommitTime]>([])
            let (stream, note) = AsyncStream.makeStream(of: Int.self)
            let journal = try SQLiteJournal(
                folder.configuration {
                    $0.onCommit = { time in
                        times.withLock { $0.append(time) }
                        note.yield(time.operations)
                    }
                })
            try await journal.store(.sample("A"))
            try await journal.store(.sample("B"))
            var operations = 0
            for await more in stream {
                operations += more
                if operations == 2 { break }
            }
            await journal.close()
            for time in times.withLock({ $0 }) {
                #expect(time.sync > 0)
                #expect(time.transaction > time.sync)
            }
        }
    }

    // MARK: Opening

    @Test func `files are for their owner only`() async throws {
        try await TemporaryFolder.with { folder in
            let journal = try SQLiteJournal(folder.configuration())
            try await journal.store(.sample())
            func mode(_ name: String) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: folder.path + name)[.posixPermissions] as? Int
            }
            #expect(try mode("") == 0o700)
            #expect(try mode("/audit") == 0o700)
            for name in [
                "/journal.sqlite", "/journal.sqlite-wal", "/journal.sqlite-shm", "/wardline.lock", "/audit/heads.jsonl",
            ] { #expect(try mode(name) == 0o600, "\(name)") }
            await journal.close()
        }
    }

    @Test func `a second broker is kept out until the first is closed`() async throws {
        try await TemporaryFolder.with { folder in
            let journal = try SQLiteJournal(folder.configuration())
            let error = #expect(throws: JournalError.self) { try SQLiteJournal(folder.configuration()) }
            #expect(error?.code == .locked)
            #expect(error?.text.contains("pid \(getpid())") == true)
            await journal.close()
            await (try SQLiteJournal(folder.configuration())).close()
        }
    }

    @Test(arguments: ["PRAGMA user_version = 99", "PRAGMA application_id = 7"])
    func `a newer or foreign file is refused and left alone`(change: String) async throws {
        try await TemporaryFolder.with { folder in
            await (try SQLiteJournal(folder.configuration())).close()
            let path = folder.path + "/journal.sqlite"
            try SQLiteConnection(path: path).execute(change)
            let error = #expect(throws: JournalError.self) { try SQLiteJournal(folder.configuration()) }
            #expect(error?.code == .unreadable)
            #expect(try SQLiteConnection(path: path).integer("SELECT count(*) FROM secret") == 1)
        }
    }

    @Test func `the database is made to give space back and to keep its log`() async throws {
        try await TemporaryFolder.with { folder in
            let journal = try SQLiteJournal(folder.configuration())
            await journal.close()
            let connection = try SQLiteConnection(path: folder.path + "/journal.sqlite")
            #expect(try connection.integer("PRAGMA auto_vacuum") == 2)
            #expect(try connection.integer("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'") == 1)
            #expect(try connection.integer("PRAGMA user_version") == Int64(Schema.migrations.count))
        }
    }

    @Test func `what was written is there after reopening and numbers go on`() async throws {
        try await TemporaryFolder.with { folder in
            var journal = try SQLiteJournal(folder.configuration())
            let secret = journal.laneSecret
            #expect(secret.count == 32)
            for number in 1...4 { try await journal.store(.sample("M\(number)")) }
            try await journal.commit([.sample(1, to: ["a.in"]), .sample(2, to: ["a.in"])])
            try await journal.settle(.sample(1, "a.in", .retry(nextTry: 9, reason: "timeout")))
            try await journal.control(Control(.pause(endpoint: "a.in"), at: 5, actor: "u", reason: "r"))
            journal.count(.emptyFrame, by: 3)
            await journal.close()

            journal = try SQLiteJournal(folder.configuration())
            #expect(journal.laneSecret == secret)
            #expect(try await journal.unrouted(after: 0, limit: 9).map(\.seq) == [3, 4])
            let queued = try await journal.deliveries(endpoint: "a.in", after: 0, limit: 9, states: [.queued])
            #expect(queued.map(\.seq) == [1, 2])
            #expect(queued.first?.attempts == 1)
            #expect(try await journal.pauses().count == 1)
            #expect(try await journal.ledger(from: nil, to: nil).emptyFrames == 3)
            let events = try await journal.lastEventNumber()
            #expect(
                try await journal.append([.sample("M3")]) == [.duplicate(of: 3, answer: NewEntry.sample("M3").answer)])
            #expect(try await journal.store(.sample("M5")) == 5)
            #expect(try await journal.lastEventNumber() == events + 2)
            await journal.close()
        }
    }

    @Test func `a seq is not used again when its entry is gone`() async throws {
        try await TemporaryFolder.with { folder in
            var journal = try SQLiteJournal(folder.configuration())
            for number in 1...3 { try await journal.store(.sample("M\(number)")) }
            await journal.close()
            try SQLiteConnection(path: folder.path + "/journal.sqlite").execute("DELETE FROM entry; DELETE FROM body")
            journal = try SQLiteJournal(folder.configuration())
            #expect(try await journal.store(.sample("N")) == 4)
            await journal.close()
        }
    }

    // MARK: Groups

    @Test func `an operation that fails for its own reasons does not fail its group`() async throws {
        try await TemporaryFolder.with { folder in
            let journal = try SQLiteJournal(folder.configuration())
            for number in 1...60 { try await journal.store(.sample("M\(number)")) }
            try await journal.commit((1...60).map { .sample($0, to: ["a.in"]) })
            try await journal.settle(.sample(30, "a.in"))
            let failed = await withTaskGroup(of: Int64?.self) { group in
                for seq: Int64 in 1...60 {
                    group.addTask {
                        do {
                            try await journal.settle(.sample(seq, "a.in"))
                            return nil
                        } catch { return seq }
                    }
                }
                return await group.reduce(into: []) { $0 += [$1].compactMap { $0 } }
            }
            #expect(failed == [30])
            let ledger = try await journal.ledger(from: nil, to: nil)
            #expect(ledger.delivered == 60)
            #expect(try await journal.attempts(of: 30).count == 1)
            await journal.close()
            #expect(try JournalAudit.verify(folder: folder.path).report.isGood)
        }
    }

    @Test func `a full queue refuses appends and says so, and empties`() async throws {
        try await TemporaryFolder.with { folder in
            let journal = try SQLiteJournal(folder.configuration { $0.backlogOperationsMax = 2 })
            let results = AsyncStream<JournalError.Code?> { continuation in
                let left = Mutex(500)
                for number in 0..<500 {
                    journal.append([.sample("M\(number)")]) { result in
                        if case .failure(let error) = result {
                            continuation.yield(error.code)
                        } else {
                            continuation.yield(nil)
                        }
                        if left.withLock({ left in
                            left -= 1
                            return left == 0
                        }) {
                            continuation.finish()
                        }
                    }
                }
            }
            var codes: [JournalError.Code?] = []
            for await code in results { codes.append(code) }
            #expect(codes.contains(.full))
            #expect(codes.allSatisfy { $0 == nil || $0 == .full })
            #expect(try await journal.lastSeq() == Int64(codes.count { $0 == nil }))
            await journal.close()
            #expect(journal.backlog.operations == 0)
            #expect(journal.backlog.bytes == 0)
        }
    }

    @Test func `the log stays short under load`() async throws {
        try await TemporaryFolder.with { folder in
            let journal = try SQLiteJournal(folder.configuration())
            let body = String(repeating: "x", count: 60_000)
            var longest = 0
            for round in 0..<40 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<40 {
                        group.addTask { try await journal.store(.sample("M\(round)-\(number)", body: body)) }
                    }
                    try await group.waitForAll()
                }
                let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/journal.sqlite-wal")
                longest = max(longest, attributes[.size] as? Int ?? .max)
            }
            #expect(longest < 64 << 20, "96 MB of bodies were written")
            await journal.close()
        }
    }

    // MARK: Heads

    @Test func `heads are signed at start and at the end, and only if something changed between`() async throws {
        try await TemporaryFolder.with { folder in
            let journal = try SQLiteJournal(folder.configuration())
            try await journal.store(.sample())
            try await journal.store(.sample("M2"))
            await journal.close()
            await (try SQLiteJournal(folder.configuration())).close()
            let heads = try HeadFile.lines(path: folder.path + "/audit/heads.jsonl").map {
                try SignedHead(decoding: $0)
            }
            #expect(heads.map(\.size) == [0, 2, 2])
            #expect(heads.allSatisfy { $0.isSigned(by: folder.key.publicKey) && $0.broker == "riverside" })
            #expect(JournalAudit.head(folder: folder.path) == heads.last)
        }
    }

    @Test func `a head that a crash cut short is cut off at the next start`() async throws {
        try await TemporaryFolder.with { folder in
            await (try SQLiteJournal(folder.configuration())).close()
            let path = folder.path + "/audit/heads.jsonl"
            let whole = try #require(FileManager.default.contents(atPath: path))
            try (whole + whole.prefix(40)).write(to: URL(fileURLWithPath: path))
            #expect(try JournalAudit.verify(folder: folder.path).report.isGood)
            await (try SQLiteJournal(folder.configuration())).close()
            #expect(HeadFile.lines(path: path).count == 2)
            #expect(try JournalAudit.verify(folder: folder.path).report.isGood)
        }
    }
}
