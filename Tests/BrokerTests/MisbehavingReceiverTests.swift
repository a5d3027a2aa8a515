import HL7
import Journaling
import Testing

@testable import Broker

/// Receivers that answer wrongly, partly, too late or not at all. Whatever they do, no answer is credited to another
/// message, and nothing of the same patient overtakes.
@Suite(.timeLimit(.minutes(2))) struct MisbehavingReceiverTests {
    private func withClinic(
        _ receiver: RawReceiver, _ keys: String = "", journal: MemoryJournal = MemoryJournal(),
        end: BrokerEnd = .drain, _ body: (TestBroker) async throws -> Void
    ) async throws {
        try await receiver.run { port in
            let configuration = try TestFolder.configuration(TestFolder.clinic(port: port, keys))
            try await withBroker(configuration, journal: journal, end: end) { try await body($0) }
        }
    }

    private static func answer(_ code: String, _ id: String) -> [UInt8] {
        RawReceiver.framed(Sample.answer(code, to: id))
    }

    enum Fault: String, CaseIterable, CustomTestStringConvertible {
        case ae, ar, garbage, nothing, wrongID, half, halfAndClose, close, end, cutInTwo
        var testDescription: String { rawValue }

        func step(_ id: String) -> RawReceiver.Step {
            let good = MisbehavingReceiverTests.answer("AA", id)
            return switch self {
            case .ae: .bytes(MisbehavingReceiverTests.answer("AE", id))
            case .ar: .bytes(MisbehavingReceiverTests.answer("AR", id))
            case .garbage: .bytes(RawReceiver.framed(Array("thank you".utf8)))
            case .nothing: .nothing
            case .wrongID: .bytes(MisbehavingReceiverTests.answer("AA", "M0"))
            case .half: .bytes(Array(good.prefix(good.count / 2)))
            case .halfAndClose: .bytesAndClose(Array(good.prefix(good.count / 2)))
            case .close: .bytesAndClose([])
            case .end: .bytesAndEnd([])
            // An end of block in the middle of it.
            case .cutInTwo: .bytes(Array(good.prefix(good.count / 2)) + [0x1C, 0x0D])
            }
        }

        var result: String {
            switch self {
            case .ae: "AE"
            case .ar: "AR"
            case .garbage, .cutInTwo: "no acknowledgement"
            case .nothing, .half: "no answer"
            case .wrongID: "answer to another message"
            case .halfAndClose: "answer broken off"
            case .close, .end: "connection closed"
            }
        }

        var isHeld: Bool { self == .ae || self == .ar }
    }

    @Test(arguments: Fault.allCases)
    func `each message gets its own answer, after every kind of fault`(fault: Fault) async throws {
        let receiver = RawReceiver { one in
            one.id == "M1" && one.time == 1 ? fault.step(one.id) : .bytes(Self.answer("AA", one.id))
        }
        let timeout = fault == .nothing || fault == .half ? "4s" : "60s"
        try await withClinic(receiver, "ackTimeout: \(timeout)") { test in
            try await test.send([
                Sample.admission("M1"), Sample.admission("M2"), Sample.admission("M3", patient: "P2"),
            ])
            try await test.wait(3, is: .delivered)
            if fault.isHeld {
                try await test.wait(1, is: .held)
                #expect(try await test.journal.delivery(2, endpoint: "clinic.inbox")?.state == .queued)
                try await test.broker.release(
                    1, endpoint: "clinic.inbox", ChangeRequest(actor: "uid:1000", reason: "looked at"))
            }
            try await test.waitUntilAllSettled(3)
            let results = try await test.journal.attempts(of: 1).map(\.result)
            #expect(results.first == fault.result && results.last == "AA")
            #expect(try await test.journal.attempts(of: 2).map(\.result).last == "AA")
            let ids = receiver.received.map(\.id).filter { $0 != "M3" }
            #expect(ids.last == "M2" && ids.dropLast().allSatisfy { $0 == "M1" } && ids.count >= 3)
            let connections = receiver.received.filter { $0.id == "M1" }.map(\.connection)
            #expect((connections[0] == connections[1]) == fault.isHeld)
            #expect(try await test.journal.ledger(from: nil, to: nil).isBalanced)
        }
    }

    @Test func `an answer that comes late, on the same connection, is credited to nobody`() async throws {
        // To the second message the answers to both come, the old one first.
        let receiver = RawReceiver { one in
            switch (one.id, one.time) {
            case ("M1", 1): .nothing
            case ("M2", 1): .bytes(Self.answer("AA", "M1") + Self.answer("AE", "M2"))
            default: .bytes(Self.answer("AA", one.id))
            }
        }
        try await withClinic(receiver, "ackTimeout: 4s, order: none") { test in
            try await test.send([Sample.admission("M1"), Sample.admission("M2")])
            try await test.waitUntilAllSettled(2)
            // M1's late answer was no answer to M2, and M2's own came when nobody listened any more.
            let second = try await test.journal.attempts(of: 2).map(\.result)
            #expect(second.first == "answer to another message" && second.last == "AA" && !second.contains("AE"))
            #expect(try await test.journal.attempts(of: 1).map(\.result).first == "no answer")
            let first = receiver.received.filter { $0.id == "M1" }
            #expect(first.count >= 2 && first[0].connection != first[1].connection)
        }
    }

    @Test func `a receiver that has closed its side gets the next message on another connection`() async throws {
        let receiver = RawReceiver { .bytesAndEnd(Self.answer("AA", $0.id)) }
        try await withClinic(receiver) { test in
            for number in 1...3 {
                try await test.send([Sample.admission("M\(number)")])
                try await test.wait(Int64(number), is: .delivered)
            }
            #expect(Set(receiver.received.map(\.connection)).count == receiver.received.count)
        }
    }

    @Test func `a receiver that no longer reads is left after the time-out`() async throws {
        let receiver = RawReceiver(deaf: [1]) { .bytes(Self.answer("AA", $0.id)) }
        try await withClinic(receiver, "ackTimeout: 2s") { test in
            let long = Sample.admission("M1", family: String(repeating: "E", count: 256 << 10))
            try await test.send([long, Sample.admission("M2")])
            try await test.waitUntilAllSettled(2)
            #expect(try await test.journal.attempts(of: 1).first?.result == "no answer")
            #expect(receiver.received.map(\.id).last == "M2")
            #expect(!receiver.received.contains { $0.connection == 1 })
        }
    }

    // MARK: What it leads to

    struct Row: Sendable, CustomTestStringConvertible {
        var fault: Fault
        var key: String
        /// Short only where nothing but the time-out ends the wait.
        var timeout: String { fault == .nothing ? "1s" : "60s" }
        var testDescription: String { "\(fault) \(key)" }
    }

    private static let rows = [
        Row(fault: .nothing, key: "none"), Row(fault: .close, key: "none"), Row(fault: .garbage, key: "garbage"),
        Row(fault: .halfAndClose, key: "garbage"), Row(fault: .wrongID, key: "other"), Row(fault: .ae, key: "AE"),
        Row(fault: .ar, key: "AR"),
    ]

    @Test(arguments: rows)
    func `actions hold or take for done what the file says`(row: Row) async throws {
        for action in ["hold", "done"] {
            let receiver = RawReceiver { row.fault.step($0.id) }
            try await withClinic(receiver, "ackTimeout: \(row.timeout), actions: { \(row.key): \(action) }") { test in
                try await test.send([Sample.admission("M1")])
                try await test.wait(1, is: action == "hold" ? .held : .delivered)
                #expect(try await test.journal.attempts(of: 1).map(\.result) == [row.fault.result])
            }
        }
    }

    @Test(arguments: rows)
    func `a budget of tries survives a crash, and then the delivery is held`(row: Row) async throws {
        let journal = MemoryJournal()
        let receiver = RawReceiver { row.fault.step($0.id) }
        let keys = "ackTimeout: \(row.timeout), actions: { \(row.key): { retry: 3, then: hold } }"
        try await receiver.run { port in
            let configuration = try TestFolder.configuration(TestFolder.clinic(port: port, keys))
            try await withBroker(configuration, journal: journal, end: .crash) { test in
                try await test.send([Sample.admission("M1")])
                try await test.eventually("two tries") { try await journal.attempts(of: 1).count >= 2 }
            }
            try await withBroker(configuration, journal: journal) { try await $0.wait(1, is: .held) }
        }
        // The crash may come while a try is under way, which is then no answer of any kind.
        let results = try await journal.attempts(of: 1).map(\.result).filter { $0 != "cancelled" }
        #expect(results == Array(repeating: row.fault.result, count: 4), "\(results)")
    }

    @Test func `all that is no answer counts in one budget`() async throws {
        let receiver = RawReceiver { $0.time % 2 == 1 ? Fault.close.step($0.id) : Fault.nothing.step($0.id) }
        try await withClinic(receiver, "ackTimeout: 4s, actions: { none: { retry: 2, then: hold } }") { test in
            try await test.send([Sample.admission("M1")])
            try await test.wait(1, is: .held)
            let results = try await test.journal.attempts(of: 1).map(\.result)
            #expect(results == ["connection closed", "no answer", "connection closed"])
        }
    }
}
