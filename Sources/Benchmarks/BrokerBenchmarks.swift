internal import FHIR
internal import Foundation

/// `broker.*`: the real `wardline serve` on loopback, driven by `wardline send`: messages a second and the time to the
/// acknowledgement, which is given once the message is on disk. The baseline is the same load on `wardline listen`,
/// which parses and answers and stores nothing.
///
///     broker.accept.C     C connections, each with one message at a time; routed to nobody
///     broker.accept.CxW   W messages in flight on each connection
///     broker.mtls.C       the same with TLS and client certificates
///     broker.deliver      everything delivered on to `wardline listen`: what was accepted, and what had arrived
enum BrokerBenchmarks {
    static let suites =
        [(1, 1), (8, 1), (64, 1), (64, 32)].map { connections, window in
            accept("broker.accept", SendLoad(connections: connections, window: window), isTLS: false)
        } + [
            accept("broker.mtls", SendLoad(connections: 8, window: 1), isTLS: true),
            accept("broker.mtls", SendLoad(connections: 64, window: 1), isTLS: true),
            Benchmarks.Suite(name: "broker.deliver") { try await deliver() },
        ]

    private static let rounds = 3

    private static func accept(_ prefix: String, _ load: SendLoad, isTLS: Bool) -> Benchmarks.Suite {
        let name = "\(prefix).\(load.connections)" + (load.window > 1 ? "x\(load.window)" : "")
        return Benchmarks.Suite(name: name) {
            try await TemporaryFolder.with { root in [try accept(name, load, BrokerFolder(root: root, isTLS: isTLS))] }
        }
    }

    private static func accept(_ name: String, _ load: SendLoad, _ folder: BrokerFolder) throws -> Measurement {
        try folder.write()
        let receiver = try Program(
            ["listen", "--bind", "127.0.0.1:0", "--quiet", "--format", "json"] + folder.receiverOptions)
        defer { receiver.end() }
        let broker = try Program(["serve", "--interfaces", folder.interfaces, "--data", folder.data])
        defer { broker.end() }
        let brokerAddress = try address(of: broker)
        let receiverAddress = try address(of: receiver)
        let count = try load.calibrated(folder, to: brokerAddress)
        let receiverCount = try load.calibrated(folder, to: receiverAddress)

        var stored: [SendLoad.Result] = []
        var answered: [SendLoad.Result] = []
        let before = broker.processorSeconds
        for _ in 0..<rounds {
            stored.append(try load.run(folder, to: brokerAddress, count: count))
            answered.append(try load.run(folder, to: receiverAddress, count: receiverCount))
        }
        let processor = before.flatMap { before in broker.processorSeconds.map { $0 - before } }
        let (result, baseline) = (median(stored), median(answered))
        return Measurement(
            name, result.rate, baseline: baseline.rate, against: "wardline listen, which stores nothing"
        )
        .with("p50Ms", .rounded(result.p50)).with("p99Ms", .rounded(result.p99))
        .with("baselineP50Ms", .rounded(baseline.p50)).with("baselineP99Ms", .rounded(baseline.p99))
        .with("messages", .number(JSONNumber(count)))
        .with("brokerProcessorMicroseconds", processor.map { .rounded($0 * 1e6 / Double(count * rounds)) } ?? .null)
        .with("brokerMegabytesMax", broker.residentMegabytesMax.map(JSONValue.rounded) ?? .null)
    }

    /// Everything is delivered to a receiver that prints a line for each message.
    private static func deliver() async throws -> [Measurement] {
        try await TemporaryFolder.with { root in
            let folder = BrokerFolder(root: root, isTLS: false)
            let receiver = try Program(["listen", "--bind", "127.0.0.1:0", "--format", "json"])
            defer { receiver.end() }
            let receiverAddress = try address(of: receiver)
            try folder.write(receiver: receiverAddress)
            let broker = try Program(["serve", "--interfaces", folder.interfaces, "--data", folder.data])
            defer { broker.end() }
            let brokerAddress = try address(of: broker)
            let load = SendLoad(connections: 64, window: 1, patients: 1_000)

            let count = try load.calibrated(folder, to: brokerAddress) * 2
            try wait(for: max(2_000, load.connections * 4), at: receiver)
            var accepted: [SendLoad.Result] = []
            var delivered: [Double] = []
            for _ in 0..<rounds {
                let before = receiver.lines.count
                let start = ContinuousClock.now
                accepted.append(try load.run(folder, to: brokerAddress, count: count))
                try wait(for: before + count, at: receiver)
                delivered.append(Double(count) / (receiver.lines.lastAt - start).seconds)
            }
            let before = receiver.lines.count
            let direct = try load.run(folder, to: receiverAddress, count: count)
            try wait(for: before + count, at: receiver)

            let result = median(accepted)
            let against = "wardline send straight to the receiver"
            return [
                Measurement("broker.deliver.accepted", result.rate, baseline: direct.rate, against: against)
                    .with("p50Ms", .rounded(result.p50)).with("p99Ms", .rounded(result.p99))
                    .with("messages", .number(JSONNumber(count))),
                Measurement(
                    "broker.deliver.delivered", delivered.sorted()[rounds / 2], baseline: direct.rate, against: against
                )
                .with("messages", .number(JSONNumber(count)))
                .with("brokerMegabytesMax", broker.residentMegabytesMax.map(JSONValue.rounded) ?? .null),
            ]
        }
    }

    /// Waits until the receiver has had so many messages.
    private static func wait(for count: Int, at receiver: Program) throws {
        let end = ContinuousClock.now + .seconds(120)
        while receiver.lines.count < count {
            guard ContinuousClock.now < end else {
                throw BenchmarkError("\(receiver.lines.count) of \(count) messages arrived in two minutes")
            }
            usleep(2_000)
        }
    }

    private static func address(of program: Program) throws -> String {
        guard let address = (program.firstLine["address"] ?? program.firstLine["listeners"]?["bench"])?.string else {
            throw BenchmarkError("wardline did not say where it listens")
        }
        return address
    }

    private static func median(_ results: [SendLoad.Result]) -> SendLoad.Result {
        results.sorted { $0.rate < $1.rate }[results.count / 2]
    }
}
