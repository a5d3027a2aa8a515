internal import ArgumentParser
internal import Console
internal import FHIR
internal import Foundation
internal import HL7
internal import Mapping

/// `wardline show`: a message, field by field.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows messages field by field, with names, types, code meanings and findings.",
        discussion: """
            A number that is no file is the sequence number of a message that the running broker holds; that it was read \
            is an audit event. Its findings are those that the broker stored, and --fhir uses the maps of that day, unless \
            --interfaces, --profile, --strictness or --timezone says how to judge it now.

              wardline show message.hl7
              wardline show message.hl7 --path OBX-5        # or OBX[2]-5
              wardline show message.hl7 --raw | less
              wardline show 17 --sent lakeside-clinic.inbox
              wardline show 17 --save copy.hl7              # to be changed, for wardline resend 17 --edited copy.hl7
            """)

    @Argument(
        help: ArgumentHelp(
            "Files of HL7 v2 messages, or sequence numbers; - is standard input.", valueName: "file|seq"))
    var files: [String]

    @Option(
        help: ArgumentHelp(
            "Only this segment, field or part of one: PID, PID-3, OBX[2]-5, PID-3[1].4.2.", valueName: "path"))
    var path: PathFilter?

    @Flag(help: "The bytes as received, one segment a line, control characters visible.")
    var raw = false

    @Flag(help: "The bytes in hexadecimal, with their offset in the message.")
    var hex = false

    @Flag(help: "The FHIR resources that the message maps to.")
    var fhir = false

    @Option(
        help: ArgumentHelp(
            "What is different in the copy that this endpoint was sent, or would be; for FHIR, what became of each value.",
            valueName: "provider.endpoint"))
    var sent: String?

    @Option(help: ArgumentHelp("Write the bytes of one message, as received, into this new file.", valueName: "file"))
    var save: String?

    @OptionGroup var options: SenderOptions

    @Option(
        help: ArgumentHelp(
            "A conformance profile to judge by: its name in the interfaces folder, or the path of its file.",
            valueName: "name"))
    var profile: String?

    @Option(help: ArgumentHelp("The data folder of the running broker, for sequence numbers.", valueName: "dir"))
    var data = "var"

    @Option(help: "What to print: text, or json (one object a value).")
    var format = OutputFormat.text

    func validate() throws {
        let given = [
            ("--raw", raw), ("--hex", hex), ("--fhir", fhir), ("--sent", sent != nil), ("--save", save != nil),
        ]
        let forms = given.filter(\.1).map(\.0)
        if forms.count > 1 { throw ValidationError("\(forms.joined(separator: " and ")) exclude each other.") }
        if format == .json, raw || hex { throw ValidationError("\(forms[0]) is text.") }
        if path != nil, fhir || sent != nil || save != nil {
            throw ValidationError("--path does not go with \(forms[0]).")
        }
        if sent != nil, let name = files.first(where: { Int64($0) == nil }) {
            throw ValidationError("--sent needs the sequence numbers of messages of the broker, not \(name).")
        }
    }

    func run() async throws {
        var sender = try options.sender()
        if let profile { sender.profile = try options.profile(named: profile) }
        let messages = try await MessageSource(data: data).messages(files)
        if let save { return try write(messages.map(\.0), to: save) }
        let maps = fhir && messages.contains { $0.1 == nil || isJudgedAgain } ? try sender.maps() : nil
        var isClean = true
        for (number, (item, entry)) in messages.enumerated() {
            if number > 0, format == .text { Output.line("") }
            if raw || hex, messages.count > 1 { Output.line("\(item.file) #\(item.index)") }
            do {
                if try await show(item, entry, sender, maps) { continue }
            } catch let error as ParseError {
                let guess = MessageFiles.guess(item.bytes)
                Output.error("\(item.file) #\(item.index): \(error)" + (guess.isEmpty ? "" : " (\(guess))"))
            } catch let error as MapError {
                Output.error("\(item.file) #\(item.index): \(error)")
            } catch let error as AdminError {
                Output.error("\(item.file): \(error)")
            }
            isClean = false
        }
        if !isClean { throw ExitCode.failure }
    }

    private func write(_ items: [MessageFiles.Item], to file: String) throws {
        guard let item = items.first, items.count == 1 else {
            throw ValidationError("--save writes one message; these are \(items.count).")
        }
        guard !FileManager.default.fileExists(atPath: file) else { throw ValidationError("\(file) is there already.") }
        // It holds a patient's data.
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data(item.bytes), attributes: [.posixPermissions: 0o600])
        else { throw ValidationError("\(file) cannot be written.") }
        Output.error("\(file): \(item.bytes.count) bytes")
    }

    /// Findings are those of now, and not those that the broker stored with a message.
    private var isJudgedAgain: Bool {
        options.interfaces != nil || options.strictness != nil || options.timezone != nil || profile != nil
    }

    /// - Returns: whether there was anything to show.
    private func show(
        _ item: MessageFiles.Item, _ entry: AdminAPI.Message?, _ sender: Sender, _ maps: ResourceMaps?
    ) async throws -> Bool {
        if path == nil, raw || hex {
            showBytes(item, sender)
            return true
        }
        if let sent, let entry { return try await showSent(entry.seq, to: sent) }
        if fhir, let entry, !isJudgedAgain { return try await showFHIR(entry.seq) }
        let message = try ShownMessage(
            item, entry: entry, sender: sender, isJudgedAgain: isJudgedAgain)
        if let maps { return try showFHIR(message.message, maps, sender) }
        if raw || hex { return showParts(message.message, item) }
        if format == .json {
            let objects = message.json(path)
            for object in objects { Output.json(object) }
            return noteIfEmpty(objects.isEmpty, item)
        }
        var text = MessageText(width: Output.columns, isColoured: Output.isColoured)
        guard let path else {
            if let batch = item.batch { showEnvelope(batch, item.file) }
            for line in message.heading(width: Output.columns, isColoured: Output.isColoured) { Output.line(line) }
            for line in text.lines(message.view.lines) { Output.line(line) }
            return true
        }
        text.valueCharactersMax = nil
        let lines = text.lines(message.view.lines.filter(path.includes))
        for line in lines.drop(while: \.isEmpty) { Output.line(line) }
        return noteIfEmpty(lines.isEmpty, item)
    }

    private func noteIfEmpty(_ isEmpty: Bool, _ item: MessageFiles.Item) -> Bool {
        if isEmpty { Output.error("\(item.file) #\(item.index): nothing at \(path?.text ?? "all")") }
        return !isEmpty
    }

    /// The segments around the messages of a batch file, with what is wrong with them.
    private func showEnvelope(_ batch: MessageFiles.BatchFile, _ file: String) {
        Output.line(TextStyle.bold.paint("\(file): a batch file", Output.isColoured))
        for segment in batch.envelope { Output.line("  " + RawView.text(segment, .utf8)) }
        var advised: Set<String> = []
        let text = MessageText(width: Output.columns, isColoured: Output.isColoured)
        for finding in batch.findings(options.strictness) {
            for line in text.finding(ShownFinding(finding), at: nil, advised: &advised) { Output.line(line) }
        }
        Output.line("")
    }

    // MARK: Bytes

    private func showBytes(_ item: MessageFiles.Item, _ sender: Sender) {
        if hex {
            for line in RawView.hexLines(item.bytes, isColoured: Output.isColoured) { Output.line(line) }
            return
        }
        // What is no message has no character set of its own.
        let charset = (try? sender.message(item.bytes))?.charset ?? .utf8
        for line in RawView.lines(item.bytes, charset: charset) { Output.line(line) }
    }

    private func showParts(_ message: Message, _ item: MessageFiles.Item) -> Bool {
        let values = path.map { message.values(at: $0.path) } ?? []
        for value in values where hex {
            for line in RawView.hexLines(message.indexedBytes[value.range]) { Output.line(line) }
        }
        // Parts of a message that was decoded before it was split are UTF-8.
        let charset = message.indexedBytes == message.bytes ? message.charset : .utf8
        for value in values where raw { Output.line(RawView.text(value.bytes, charset)) }
        return noteIfEmpty(values.isEmpty, item)
    }
}
