internal import ArgumentParser
internal import Broker
internal import Console
internal import FHIR
internal import Foundation
internal import HL7
internal import MLLP

/// `wardline demo`: a whole exchange on loopback.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract:
            "Runs a broker, three simulated providers and a hospital feed on loopback, and tails the routing log.",
        discussion: "Everything lies in a temporary folder that is removed at the end. Ctrl-C ends all.")

    @Option(help: "How many messages the hospital sends a second.")
    var rate = 2.0

    @Option(help: ArgumentHelp("End after so many messages; default is never.", valueName: "count"))
    var count: Int?

    func validate() throws {
        guard rate > 0, rate <= 1_000 else { throw ValidationError("--rate is more than 0 and at most 1000.") }
    }

    func run() async throws {
        let folder = try DemoFolder()
        var processes: [Subprocess] = []
        defer {
            for process in processes.reversed() { process.stop() }
            folder.remove()
        }
        do {
            let broker = try start(folder, &processes)
            try await show(folder, broker)
        } catch let error as any Error & CustomStringConvertible {
            Output.error("demo: \(error)")
            throw ExitCode.failure
        }
    }

    /// Starts the providers and the broker; returns the address of its listener.
    private func start(_ folder: DemoFolder, _ processes: inout [Subprocess]) throws -> HostPort {
        try Subprocess("certs", ["certs", "dev", "--directory", folder.certificates], log: folder.root + "/certs.log")
            .wait()
        let certificates = folder.certificates
        let clinic = try receiver(
            "clinic",
            [
                "--cert", certificates + "/lakeside-clinic.pem", "--key", certificates + "/lakeside-clinic.key", "--ca",
                certificates + "/ca.pem",
            ], folder, &processes)
        let laboratory = try receiver("laboratory", [], folder, &processes)
        let registry = try receiver("registry", ["--fhir"], folder, &processes)
        try folder.write(clinic: clinic, laboratory: laboratory, registry: registry)
        let broker = try Subprocess(
            "broker", ["serve", "--interfaces", folder.interfaces, "--data", folder.data],
            log: folder.root + "/broker.log")
        processes.append(broker)
        let ready = try JSONReader.value(from: try broker.firstLine())
        guard let address = ready["listeners"]?["hospitals"]?.string.flatMap(HostPort.init(argument:)) else {
            throw DemoError("the broker did not say where it listens")
        }
        Output.line(
            """
            console     https://\(ready["admin"]?.string ?? ""), with a certificate that the broker made for itself
            token       \(try firstToken(folder)), to sign in there
            broker      \(address), MLLP over mutual TLS
            clinic      \(clinic), HL7 v2 over mutual TLS
            laboratory  \(laboratory), HL7 v2
            registry    \(registry), FHIR over HTTP
            archive     \(folder.data)/archive
            look around with: wardline status --data \(folder.data)   (also tail, trace, queue, ledger)

            """)
        return address
    }

    /// What the broker printed for the first person to sign in, before it was ready.
    private func firstToken(_ folder: DemoFolder) throws -> String {
        let log = try String(contentsOfFile: folder.root + "/broker.log", encoding: .utf8)
        guard let token = log.split(separator: "\n").first(where: { $0.hasPrefix("wardline_") }) else {
            throw DemoError("the broker printed no token for the console")
        }
        return String(token)
    }

    private func receiver(
        _ name: String, _ arguments: [String], _ folder: DemoFolder, _ processes: inout [Subprocess]
    ) throws -> String {
        let process = try Subprocess(
            name, ["listen", "--bind", "127.0.0.1:0", "--format", "json", "--quiet"] + arguments,
            log: "\(folder.root)/\(name).log")
        processes.append(process)
        guard let address = try JSONReader.value(from: try process.firstLine())["address"]?.string else {
            throw DemoError("the \(name) did not say where it listens")
        }
        return address
    }

    // MARK: Feed and log

    private func show(_ folder: DemoFolder, _ broker: HostPort) async throws {
        let text = StepText()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await Interruption.wait() }
            group.addTask {
                try await AdminClient(data: folder.data).events(["after": "0"]) { Output.line(text.line($0)) }
            }
            group.addTask { try await self.feed(folder, broker) }
            // Ends with the signal, with the last message, or with what went wrong.
            try await group.next()
            group.cancelAll()
        }
        let ledger: AdminAPI.Ledger = try await AdminClient(data: folder.data).get("ledger")
        Output.line(
            """

            \(ledger.messages) messages taken, \(ledger.deliveries.delivered) of \(ledger.deliveries.total) deliveries made; \
            the ledger is \(ledger.balanced ? "balanced" : "NOT balanced").
            """)
    }

    private func feed(_ folder: DemoFolder, _ broker: HostPort) async throws {
        let certificates = folder.certificates
        let secrets = try ClientSecrets(
            ClientTLS(
                authorityFile: certificates + "/ca.pem", certificateFile: certificates + "/general-hospital.pem",
                keyFile: certificates + "/general-hospital.key", serverName: "localhost"))
        let client = MLLPClient(host: broker.host, port: broker.port, tls: secrets)
        let feed = DemoFeed(run: String(UInt16.random(in: .min ... .max), radix: 36, uppercase: true))
        var number = 0
        while !Task.isCancelled, number < count ?? .max {
            // To the second, with the offset: the hospital is in any zone.
            let time = Timestamp.text(microseconds: Clock.system.now()).prefix(14) + "+0000"
            let answer = try await client.exchange(feed.message(number, time: String(time)), timeout: .seconds(30))
            if try Message(parsing: answer)["MSA-1"] != "AA" { throw DemoError("the broker did not take a message") }
            number += 1
            try await Task.sleep(for: .seconds(1 / rate))
        }
    }
}
