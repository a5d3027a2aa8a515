internal import ArgumentParser
internal import MLLP

/// `wardline listen`: a receiver for tests, over MLLP or as a FHIR server.
struct ListenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listen",
        abstract: "Receives messages over MLLP, or FHIR bundles over HTTP, for tests.",
        discussion: """
            Prints the address, then a line for each message. Over MLLP it answers as --reply says. With --fhir it checks \
            transaction bundles against R4 and answers AA with a transaction-response, AE with 422, AR with 503; a bundle \
            with findings is always answered 422. Nothing is kept but what --log and --output ask for.
            """)

    @Option(help: ArgumentHelp("Where to listen, as HOST:PORT; port 0 is any free one.", valueName: "address"))
    var bind: HostPort

    @Option(help: "How to answer: AA, AE, AR, none or close.")
    var reply = ListenReply.aa

    @Option(help: ArgumentHelp("How long to wait before answering, as 200ms.", valueName: "time"))
    var delay = TimeSpan(seconds: 0)

    @Option(help: ArgumentHelp("PEM file of the server's certificate: turns TLS on.", valueName: "file"))
    var cert: String?

    @Option(help: ArgumentHelp("PEM file of its private key.", valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("PEM file of the authorities that client certificates must be from.", valueName: "file"))
    var ca: String?

    @Flag(help: "Be a FHIR server instead: HTTP, or HTTPS with --cert.")
    var fhir = false

    @Flag(help: "Print no line for each message.")
    var quiet = false

    @Option(help: ArgumentHelp("Append a JSON line for each message, with its PID-3.1.", valueName: "file"))
    var log: String?

    @Option(help: ArgumentHelp("Write the bytes of each message to a file here.", valueName: "dir"))
    var output: String?

    @Option(help: "What to print: text or json (one object a line).")
    var format = OutputFormat.text

    func validate() throws {
        if (cert == nil) != (key == nil) { throw ValidationError("TLS needs both --cert and --key.") }
        if ca != nil, cert == nil {
            throw ValidationError("--ca asks for client certificates, which needs --cert and --key.")
        }
        if fhir, reply == .close { throw ValidationError("--reply close is for MLLP.") }
    }

    func run() async throws {
        let receiverLog: ReceiverLog
        do {
            receiverLog = try ReceiverLog(format: format, isQuiet: quiet, file: log, folder: output)
        } catch { throw ValidationError("\(log ?? output ?? ""): cannot be written.") }
        var tls: ServerTLS?
        if let cert, let key { tls = ServerTLS(certificateFile: cert, keyFile: key, clientAuthorityFile: ca) }
        if fhir {
            try await serveFHIR(receiverLog, tls)
        } else {
            try await serveMLLP(receiverLog, tls)
        }
        receiverLog.ended()
    }

    private func serveMLLP(_ log: ReceiverLog, _ tls: ServerTLS?) async throws {
        var limits = MLLPLimits()
        limits.connectionsMax = 4_096
        let receiver = MLLPReceiver(reply: reply, delay: delay.duration, log: log)
        let server = try await MLLPServer.bind(
            host: bind.host, port: bind.port, tls: tls, limits: limits, handler: receiver)
        log.ready(server.address)
        await Interruption.wait()
        await server.shutdown(drain: .seconds(1))
    }

    private func serveFHIR(_ log: ReceiverLog, _ tls: ServerTLS?) async throws {
        let receiver = FHIRReceiver(reply: reply, delay: delay.duration, log: log)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await receiver.run(bind: bind, tls: tls) { log.ready($0) } }
            group.addTask { await Interruption.wait() }
            // Whichever ends first ends the other: a failure to bind, or a signal.
            try await group.next()
            group.cancelAll()
        }
    }
}
