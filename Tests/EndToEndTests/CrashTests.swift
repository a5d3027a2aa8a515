import Foundation
import HL7
import MLLP
import Testing

/// The broker is killed while messages flow, and started again: what it acknowledged arrives, in each patient's order.
@Suite(.serialized)
struct CrashTests {
    /// With `WARDLINE_SOAK=1` in full size.
    private static let isSoak = ProcessInfo.processInfo.environment["WARDLINE_SOAK"] != nil
    private static let messages = isSoak ? 20_000 : 400
    private static let kills = isSoak ? 10 : 3
    private static let connections = 8
    private static let patients = 40

    @Test func `every acknowledged message arrives in its patient's order, however often the broker is killed`()
        async throws
    {
        let seed = UInt64.random(in: .min ... .max)
        print("crash test: seed \(seed), \(Self.messages) messages, \(Self.kills) kills")
        var random = SplitMix64(state: seed)
        let exchange = try await Exchange.make()
        let folder = exchange.folder
        let accepted = Accepted()
        var (broker, listeners) = try await folder.broker()
        let address = try #require(listeners["hospitals"])

        try await withThrowingTaskGroup(of: Void.self) { group in
            for connection in 0..<Self.connections {
                group.addTask { try await Self.feed(connection, try exchange.hospital(address), accepted) }
            }
            // Each kill comes when a number of messages drawn by chance has been acknowledged.
            for count in (1...Self.kills).map({ _ in Int.random(in: 1..<Self.messages, using: &random) }).sorted() {
                await accepted.wait(for: count)
                broker.signal(SIGKILL)
                _ = await broker.exit()
                (broker, listeners) = try await folder.broker()
            }
            try await group.waitForAll()
        }

        let ids = accepted.all.subtracting([""])
        #expect(ids.count == Self.messages)
        for receiver in Exchange.receivers {
            let hasAll = try await eventually(within: .seconds(Self.isSoak ? 600 : 60)) {
                guard folder.receivedCount(receiver) >= ids.count else { return false }
                return ids.subtracting(try folder.received(receiver).map(\.controlID)).isEmpty
            }
            #expect(hasAll, "acknowledged and not delivered to \(receiver), seed \(seed)")
            try Self.checkOrder(try folder.received(receiver), receiver, seed)
        }
        let ledger = try await folder.run("ledger", "--data", "var", "--format", "json")
        #expect(ledger.code == 0, "the ledger is not balanced: \(ledger.output), seed \(seed)")
        #expect(await broker.stop() == 0)
        let audit = try await folder.run("audit", "verify", "--data", "var")
        #expect(audit.code == 0, "\(audit.output), seed \(seed)")
        await folder.close()
    }

    /// Sends the messages of every patient that falls to this connection, each until it is acknowledged.
    private static func feed(_ connection: Int, _ client: MLLPClient, _ accepted: Accepted) async throws {
        for number in 0..<messages / patients {
            for patient in stride(from: connection, to: patients, by: connections) {
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

    /// A patient's messages may repeat after a crash, one at a time, but never go back.
    private static func checkOrder(
        _ received: [(controlID: String, patient: String)], _ receiver: String, _ seed: UInt64
    ) throws {
        var last: [Substring: Int] = [:]
        var repeats = 0
        for entry in received {
            let parts = entry.controlID.split(separator: "-")
            let number = try #require(parts.count == 2 ? Int(parts[1]) : nil, "control id \(entry.controlID)")
            let before = last[parts[0]] ?? -1
            #expect(number >= before, "\(receiver): \(entry.controlID) came after number \(before), seed \(seed)")
            if number == before { repeats += 1 }
            last[parts[0]] = number
        }
        // At most one delivery of each lane is repeated by a crash.
        #expect(repeats <= kills * patients, "\(receiver): \(repeats) repeats, seed \(seed)")
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
