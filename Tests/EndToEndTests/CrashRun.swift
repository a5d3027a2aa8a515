import Foundation
import HL7
import MLLP
import Synchronization
import Testing

/// A hospital that sends whatever happens to the broker, and what must hold in the end.
struct CrashRun: Sendable {
    let exchange: Exchange
    let accepted = Accepted()
    private static let connections = 8
    private static let patients = 40
    /// Messages and crashes of a run: as `WARDLINE_CRASHES=20000:10` says, many if `WARDLINE_SOAK=1`, or a few.
    static func size(long: (Int, Int), short: (Int, Int)) -> (messages: Int, crashes: Int) {
        let environment = ProcessInfo.processInfo.environment
        let wanted = environment["WARDLINE_CRASHES"]?.split(separator: ":").compactMap { Int($0) } ?? []
        if wanted.count == 2 { return (wanted[0], wanted[1]) }
        return environment["WARDLINE_SOAK"] == "1" ? long : short
    }

    /// Sends every patient's messages in order, each until it is acknowledged, until ``Accepted/isEnough``.
    func feed(_ address: String) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for connection in 0..<Self.connections {
                let client = try exchange.hospital(address)
                group.addTask { try await feed(connection, client) }
            }
            try await group.waitForAll()
        }
    }

    private func feed(_ connection: Int, _ client: MLLPClient) async throws {
        for number in 0... {
            for patient in stride(from: connection, to: Self.patients, by: Self.connections) {
                if accepted.isEnough { return }
                let bytes = Exchange.message(patient: patient, number: number)
                var isAccepted = false
                while !isAccepted {
                    // A broker that was just killed answers nothing: the hospital sends the message again.
                    guard let answer = try? await client.exchange(bytes, timeout: .seconds(10)) else {
                        try await Task.sleep(for: .milliseconds(50))
                        continue
                    }
                    let message = try Message(parsing: answer)
                    #expect(message["MSA-2"] == "P\(patient)-\(number)")
                    isAccepted = message["MSA-1"] == "AA"
                }
                accepted.add("P\(patient)-\(number)")
            }
        }
    }

    /// What must hold of a running broker after so many crashes: nothing lost, nothing out of order, at most one delivery
    /// of a lane repeated by a crash and then with the same bytes, the ledger balanced. The broker is stopped.
    ///
    /// - Parameter story: says which run it was.
    func check(_ broker: Child, crashes: Int, _ story: String) async throws {
        let folder = exchange.folder
        let ids = accepted.all
        for receiver in Exchange.receivers {
            let hasAll = try await eventually(within: .seconds(ids.count > 1_000 ? 600 : 60)) {
                guard folder.receivedCount(receiver) >= ids.count else { return false }
                return ids.subtracting(try folder.received(receiver).map(\.controlID)).isEmpty
            }
            #expect(hasAll, "acknowledged and not delivered to \(receiver), \(story)")
        }
        #expect(try await eventually { try exchange.archived().count >= ids.count }, "\(story)")
        #expect(
            try await eventually { try await deliveries()["queued"] == 0 }, "deliveries are left over, \(story)")
        let ledger = try await folder.run("ledger", "--data", exchange.data, "--format", "json")
        #expect(ledger.code == 0, "the ledger is not balanced: \(ledger.output), \(story)")
        // What came twice came as a duplicate.
        #expect(try TestFolder.object(ledger.output)["accepted"] as? Int == ids.count, "\(story): \(ledger.output)")
        for receiver in Exchange.receivers { try checkReceived(receiver, crashes, story) }
        let archived = try exchange.archived()
        #expect(Set(archived) == ids && archived.count == ids.count, "the archive, \(story)")
        Self.checkOrder(archived, repeatsMax: 0, "archive, \(story)")
        #expect(await broker.stop() == 0)
        let audit = try await folder.run("audit", "verify", "--data", exchange.data)
        #expect(audit.code == 0, "\(audit.output), \(story)")
    }

    private func deliveries() async throws -> [String: Int] {
        let ledger = try await exchange.folder.run("ledger", "--data", exchange.data, "--format", "json")
        return try #require(try TestFolder.object(ledger.output)["deliveries"] as? [String: Int])
    }

    private func checkReceived(_ receiver: String, _ crashes: Int, _ story: String) throws {
        let received = try exchange.folder.received(receiver)
        Self.checkOrder(received.map(\.controlID), repeatsMax: crashes, "\(receiver), \(story)")
        for (id, copies) in Dictionary(grouping: received, by: \.controlID) where copies.count > 1 {
            let bytes = try copies.map { try exchange.bytes(receiver, number: $0.number) }
            #expect(Set(bytes).count == 1, "\(receiver): \(id) came with other bytes, \(story)")
        }
    }

    /// A patient's messages may repeat after a crash, one at a time, but never go back.
    private static func checkOrder(_ ids: [String], repeatsMax: Int, _ story: String) {
        var last: [Substring: Int] = [:]
        var repeats: [Substring: Int] = [:]
        for id in ids {
            let parts = id.split(separator: "-")
            guard parts.count == 2, let number = Int(parts[1]) else {
                Issue.record("control id \(id), \(story)")
                continue
            }
            let before = last[parts[0]] ?? -1
            #expect(number == before || number == before + 1, "\(id) came after number \(before), \(story)")
            if number == before { repeats[parts[0], default: 0] += 1 }
            last[parts[0]] = number
        }
        #expect(repeats.values.allSatisfy { $0 <= repeatsMax }, "\(repeats) repeats, \(story)")
    }

    /// Messages that came more often than once to any receiver.
    func repeated() throws -> [(receiver: String, controlID: String)] {
        try Exchange.receivers.flatMap { receiver in
            let received = try exchange.folder.received(receiver).map(\.controlID)
            return Dictionary(grouping: received) { $0 }.filter { $0.value.count > 1 }.keys.map { (receiver, $0) }
        }
    }
}

/// What the hospital was told is stored.
final class Accepted: Sendable {
    private struct State {
        var ids: Set<String> = []
        var enough = Int.max
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var all: Set<String> { state.withLock(\.ids) }

    /// So many are enough.
    func limit(to count: Int) { state.withLock { $0.enough = min($0.enough, count) } }

    var isEnough: Bool { state.withLock { $0.ids.count >= $0.enough } }

    func add(_ id: String) {
        let due = state.withLock { state in
            state.ids.insert(id)
            let due = state.waiters.filter { $0.count <= state.ids.count }
            state.waiters.removeAll { $0.count <= state.ids.count }
            return due
        }
        for waiter in due { waiter.continuation.resume() }
    }

    /// Returns once so many messages are accepted.
    func wait(for count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.ids.count < count { state.waiters.append((count, continuation)) }
                return state.ids.count >= count
            }
            if isThere { continuation.resume() }
        }
    }
}

/// A small generator that a seed determines.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
