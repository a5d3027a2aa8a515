import Foundation
import Testing

/// The broker ends at every place between the steps of a message's way, where a kill at random hardly ever comes.
///
/// The places are those of `KillPoint` in Journaling.
@Suite(.timeLimit(.minutes(15)))
struct KillPointTests {
    #if DEBUG
        private static let isDebugBuild = true
    #else
        private static let isDebugBuild = false
    #endif

    private static let points = ["appending", "appended", "routing", "routed", "answered", "settling", "settled"]
    /// At which visit of the place: among the first messages after a start, and in full flow.
    private static let visits = [2, 25]

    @Test(.enabled(if: isDebugBuild, "only a debug build ends itself where a test wants it"), arguments: visits)
    func `a kill before or after any transaction, or after a receiver's answer, loses and disorders nothing`(
        visit: Int
    ) async throws {
        let exchange = try await Exchange.make()
        let run = CrashRun(exchange: exchange)
        let kills = Self.points.map { "\($0):\(visit)" }
        var (broker, listeners) = try await exchange.broker(environment: Self.environment(kills[0]))
        let address = try #require(listeners["hospitals"])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await run.feed(address) }
            for (index, kill) in kills.enumerated() {
                #expect(await broker.exit() == -SIGKILL, "the broker did not come to \(kill)")
                let next = kills.dropFirst(index + 1).first
                (broker, listeners) = try await exchange.broker(environment: next.map(Self.environment) ?? [:])
            }
            run.accepted.limit(to: run.accepted.all.count + 100)
            try await group.waitForAll()
        }
        // Where the receiver's answer was cut off from its settlement, the message came again.
        let repeated = try run.repeated()
        #expect(!repeated.isEmpty)
        for (receiver, id) in repeated {
            let trace = try await exchange.folder.run("trace", id, "--data", exchange.data, "--format", "json")
            let steps = try trace.output.split(separator: "\n").map { try TestFolder.object(String($0)) }
            let delivered = steps.filter {
                $0["state"] as? String == "delivered" && $0["endpoint"] as? String == "\(receiver).inbox"
            }
            #expect(delivered.count == 1, "\(id) to \(receiver): \(trace.output)")
            #expect(delivered.first?["attempt"] as? Int ?? 0 > 1, "\(id) to \(receiver): \(trace.output)")
        }
        print("kill points: \(run.accepted.all.count) acknowledged, \(repeated.count) delivered again")
        try await run.check(broker, crashes: kills.count, "kill points")
        await exchange.folder.close()
    }

    private static func environment(_ kill: String) -> [String: String] { ["WARDLINE_KILL_AT": kill] }
}
