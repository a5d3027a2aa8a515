internal import HL7
internal import MLLP

/// Sends a plan over several connections and adds up what came back.
struct SendRun: Sendable {
    var plan: SendPlan
    var settings: SendConnection.Settings

    /// - Returns: what came back, and the seconds from the first message to the last answer.
    func run() async -> (tally: SendTally, seconds: Double) {
        let source = SendSource(plan, isPaced: settings.interval != nil)
        let connections = (0..<plan.connections).map {
            SendConnection(number: $0, source: source, settings: settings)
        }
        var total = SendTally()
        let opened = await open(connections, &total)
        let start = SendConnection.now
        await withTaskGroup(of: SendTally?.self) { group in
            for connection in opened { group.addTask { await connection.run(from: start) } }
            // Ends when it is cancelled, which is when all connections have ended.
            group.addTask {
                await watch(opened, source, from: start)
                return nil
            }
            var running = opened.count
            while running > 0, let tally = await group.next() {
                guard let tally else { continue }
                total.add(tally)
                running -= 1
            }
            group.cancelAll()
        }
        let seconds = Double(SendConnection.now - start) / 1e9
        total.missing = max(0, plan.count - total.answered - total.mismatched - total.unanswerable)
        return (total, seconds)
    }

    /// Connects all before anything is sent; the time that takes is not measured.
    private func open(_ connections: [SendConnection], _ total: inout SendTally) async -> [SendConnection] {
        await withTaskGroup(of: (Int, MLLPClientError?).self) { group in
            for (number, connection) in connections.enumerated() {
                group.addTask {
                    do throws(MLLPClientError) {
                        try await connection.open()
                        return (number, nil)
                    } catch {
                        return (number, error)
                    }
                }
            }
            var failed: Set<Int> = []
            for await case (let number, let error?) in group {
                failed.insert(number)
                total.add(error: "\(error)")
            }
            return connections.indices.filter { !failed.contains($0) }.map { connections[$0] }
        }
    }

    /// Releases messages at the rate asked for, and looks for overdue answers.
    private func watch(_ connections: [SendConnection], _ source: SendSource, from start: UInt64) async {
        var released = 0
        while !Task.isCancelled {
            var pause = Duration.milliseconds(50)
            if let interval = settings.interval, released < plan.count {
                released = Int(Double(SendConnection.now - start) / interval) + 1
                source.release(released)
                for connection in connections { connection.pump() }
                pause = .milliseconds(1)
            }
            for connection in connections { connection.tick() }
            // Ends early only when cancelled, and then the loop ends too.
            try? await Task.sleep(for: pause)
        }
    }
}
