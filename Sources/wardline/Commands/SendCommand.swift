internal import ArgumentParser
internal import MLLP

/// `wardline send`: sends messages over MLLP, a few or a load, and says what came back.
struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Sends messages over MLLP and prints the answers by code, the rate and latencies.",
        discussion: """
            Messages go out as they stand in the files. With --count above their number each copy gets its own MSH-10. \
            Exits 1 unless every message is answered AA or CA with its own control id.
            """)

    @Argument(help: ArgumentHelp("Files of HL7 v2 messages; - is standard input.", valueName: "file"))
    var files: [String]

    @Option(help: ArgumentHelp("Where to: mllp://HOST:PORT, or with TLS mllps://HOST:PORT.", valueName: "address"))
    var to: MLLPAddress

    @OptionGroup var tls: ClientTLSOptions

    @Option(help: ArgumentHelp("How many messages in all; default is those of the files, once.", valueName: "n"))
    var count: Int?

    @Option(help: ArgumentHelp("How many connections.", valueName: "n"))
    var connections = 1

    @Option(help: ArgumentHelp("How many messages may wait for their answer on a connection.", valueName: "n"))
    var window = 1

    @Option(help: ArgumentHelp("Messages a second; default is as fast as answers come.", valueName: "n"))
    var rate: Double?

    @Option(
        help: ArgumentHelp("Make up this many patients by their PID-3.1; those of one stay in order.", valueName: "n"))
    var patients: Int?

    @Flag(help: "Keep MSH-10 and PID-3.1 as they are in the files although copies are sent.")
    var repeatIds = false

    @Option(help: ArgumentHelp("How long to wait for an answer, as 30s or 500ms.", valueName: "time"))
    var timeout = TimeSpan(seconds: 30)

    @Option(help: ArgumentHelp("Reconnect and send again what has no answer, for this long.", valueName: "time"))
    var retry: TimeSpan?

    @Option(help: "What to print: text or json (one object).")
    var format = OutputFormat.text

    func validate() throws {
        func positive(_ value: Int?, _ name: String, _ limit: Int) throws {
            guard let value, !(1...limit).contains(value) else { return }
            throw ValidationError("--\(name) is a number from 1 to \(limit).")
        }
        try positive(count, "count", 1_000_000_000)
        try positive(connections, "connections", 4_096)
        try positive(window, "window", 100_000)
        try positive(patients, "patients", 1_000_000_000)
        if let rate, rate <= 0 || rate > 1e7 {
            throw ValidationError("--rate is a number of messages a second above 0.")
        }
    }

    func run() async throws {
        let messages = try MessageFiles.items(of: files).map(\.bytes).filter { !$0.isEmpty }
        guard !messages.isEmpty else {
            throw ValidationError("there is no message in \(files.joined(separator: ", ")).")
        }
        if let unframeable = messages.firstIndex(where: { !FrameEncoder.canCarry($0) }) {
            throw ValidationError("message \(unframeable + 1) holds MLLP framing bytes and cannot be sent.")
        }
        let count = count ?? messages.count
        let isCopied = count > messages.count && !repeatIds
        let numbering = SendPlan.Numbering(
            run: isCopied ? Self.run() : nil, patients: repeatIds ? nil : patients)
        let plan = SendPlan(
            messages: messages, count: count, connections: min(connections, count), numbering: numbering)
        let settings = SendConnection.Settings(
            place: to.place, secrets: try tls.secrets(isTLS: to.isTLS), window: window, timeout: timeout.duration,
            retry: retry?.duration, interval: rate.map { 1e9 / $0 })
        let (tally, seconds) = await SendRun(plan: plan, settings: settings).run()
        switch format {
        case .text: Output.line(tally.text(seconds: seconds))
        case .json: Output.json(tally.json(seconds: seconds))
        }
        if !tally.isClean { throw ExitCode.failure }
    }

    /// Begins the control ids of this run, so that no other run has them: `S` and seven letters and digits.
    private static func run() -> String {
        let digits = Array("ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
        return "S" + String((0..<7).map { _ in digits[Int.random(in: 0..<digits.count)] }) + "-"
    }
}
