import Foundation
import Testing

/// The broker ends in the middle of traffic, and is started again: what it acknowledged arrives, in each patient's order.
@Suite(.serialized)
struct CrashTests {
    @Test func `every acknowledged message arrives in its patient's order, however often the broker is killed`()
        async throws
    {
        let exchange = try await Exchange.make()
        let (messages, kills) = CrashRun.size(long: (40_000, 200), short: (400, 3))
        try await run(exchange, messages: messages, crashes: kills) { broker in
            broker.signal(SIGKILL)
            _ = await broker.exit()
        }
        await exchange.folder.close()
    }

    @Test(.enabled(if: SimulatedDisk.obstacle == nil, "\(SimulatedDisk.obstacle ?? "")"))
    func `every acknowledged message arrives in its patient's order, however often the power is cut`() async throws {
        let folder = try TestFolder()
        let disk = try SimulatedDisk(in: folder.path)
        defer { disk.remove() }
        let exchange = try await Exchange.make(folder, data: "disk/var")
        let (messages, cuts) = CrashRun.size(long: (20_000, 50), short: (400, 4))
        try await run(exchange, messages: messages, crashes: cuts) { try await disk.cutPower(of: $0) }
        await folder.close()
    }

    /// Each crash comes when a number of messages drawn by chance has been acknowledged.
    private func run(
        _ exchange: Exchange, messages: Int, crashes: Int, _ crash: (Child) async throws -> Void
    ) async throws {
        let seed = UInt64.random(in: .min ... .max)
        print("crash test: seed \(seed), \(messages) messages, \(crashes) crashes")
        var random = SplitMix64(state: seed)
        let run = CrashRun(exchange: exchange)
        run.accepted.limit(to: messages)
        var (broker, listeners) = try await exchange.broker()
        let address = try #require(listeners["hospitals"])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await run.feed(address) }
            for count in (1...crashes).map({ _ in Int.random(in: 1..<messages, using: &random) }).sorted() {
                await run.accepted.wait(for: count)
                try await crash(broker)
                (broker, listeners) = try await exchange.broker()
            }
            try await group.waitForAll()
        }
        #expect(run.accepted.all.count >= messages)
        try await run.check(broker, crashes: crashes, "seed \(seed)")
        print("crash test: \(run.accepted.all.count) acknowledged, \(try run.repeated().count) delivered again")
    }
}
