internal import ArgumentParser
internal import FHIR
internal import Foundation
internal import HL7
internal import Interfaces
internal import Mapping

/// `wardline map`: the FHIR bundles that messages become.
struct MapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "Maps messages to FHIR R4 bundles.",
        discussion: """
            Prints exactly one line a message, in order: a bundle, or an OperationOutcome where no map exists or the \
            message cannot be parsed; then it exits 1.
            """)

    @Argument(help: ArgumentHelp("Files of HL7 v2 messages; - is standard input.", valueName: "file"))
    var files: [String]

    @OptionGroup var options: SenderOptions

    @Flag(help: "Print a loss record a message instead: what its resources do not carry.")
    var loss = false

    @Flag(help: "Print which row of which map carried which value where, instead of bundles.")
    var explain = false

    @Option(help: "With --explain, in which order: value (of the message), or path (of the bundle).")
    var by = ExplanationOrder.value

    @Option(help: "The type of the bundles: transaction, batch, collection or message.", transform: oneOf)
    var bundle = FHIRBundle.Kind.transaction

    @Option(
        help: "Who gives resources their ids: ours (PUT Type/id), or theirs (PUT by identifier).", transform: oneOf)
    var ids = MappingOptions.IDs.ours

    @Option(
        help: """
            What A08, A31 and HL7 nulls do: put (whole resources), or patch: two bundles, one a line, the first to \
            create what the server lacks, the second to change what the message states.
            """, transform: oneOf)
    var updates = MappingOptions.Updates.put

    @Flag(help: "Check each bundle against R4; findings go to standard error and make the exit code 1.")
    var check = false

    @Option(help: ArgumentHelp("Stands for the receive time, as 2024-03-05T10:15:00Z.", valueName: "time"))
    var received: String?

    @Option(help: "What to print: json (one line a message) or text (indented JSON).")
    var format = OutputFormat.json

    func validate() throws {
        if updates == .patch, bundle != .transaction { throw ValidationError("--updates patch needs transactions.") }
        if loss, explain { throw ValidationError("--loss and --explain print different things; choose one.") }
        if let received, Self.microseconds(received) == nil {
            throw ValidationError("\(received) is no time; write it as 2024-03-05T10:15:00Z or 20240305101500+0000.")
        }
    }

    func run() throws {
        let sender = try options.sender()
        let maps = try sender.configuration?.maps ?? ResourceMaps.builtIn()
        let receivedAt = received.flatMap(Self.microseconds) ?? Int64(Date().timeIntervalSince1970 * 1e6)
        var isClean = true
        for item in try MessageFiles.items(of: files) {
            do {
                let message = try sender.message(item.bytes)
                var options = sender.mappingOptions(for: message, explains: explain)
                (options.bundle, options.ids, options.updates) = (bundle, ids, updates)
                let mapped = try Mapper(maps, options: options).map(message, receivedAt: receivedAt)
                print(mapped, of: message, item)
                if check {
                    var findings = FHIRCheck.findings(in: mapped.bundle.value)
                    if let changes = mapped.changes { findings += FHIRCheck.findings(in: changes.value) }
                    for finding in findings { Output.error("\(item.file) #\(item.index): \(finding)") }
                    isClean = isClean && findings.isEmpty
                }
            } catch {
                isClean = false
                printFailure(error, item)
            }
        }
        if !isClean { throw ExitCode.failure }
    }

    private func print(_ mapped: Mapped, of message: Message, _ item: MessageFiles.Item) {
        if loss { return write(LossLine(item, mapped.loss).json) }
        guard explain else {
            switch format {
            case .json: Output.write(mapped.bytes + [0x0A], to: 1)
            case .text: Output.line(mapped.bundle.json(indented: true))
            }
            if let changes = mapped.changes { write(changes.value) }
            return
        }
        for step in by.sorted(mapped.explanation) {
            let value = message.value(at: Path(step.location))?.text ?? ""
            switch format {
            case .text where by == .path:
                Output.line("\(step.path) <- \(step.location) \"\(value)\" by \(step.map)/\(step.row)")
            case .text: Output.line("\(step.map)/\(step.row): \(step.location) \"\(value)\" -> \(step.path)")
            case .json:
                Output.json([
                    "file": .string(item.file), "index": .number(JSONNumber(item.index)), "map": .string(step.map),
                    "row": .string(step.row), "location": .string("\(step.location)"), "value": .string(value),
                    "path": .string(step.path),
                ])
            }
        }
    }

    private func printFailure(_ error: any Error, _ item: MessageFiles.Item) {
        let isUnknown = (error as? MapError)?.code == .noMap
        Output.error("\(item.file) #\(item.index): \(error)")
        if loss { return write(LossLine(item, LossRecord(), error: "\(error)").json) }
        if explain { return }
        let outcome = OperationOutcome(error: isUnknown ? "not-supported" : "invalid", "\(error)")
        write(outcome.resource.value)
    }

    private func write(_ value: JSONValue) {
        switch format {
        case .json: Output.line(value.json())
        case .text: Output.line(value.json(indented: true))
        }
    }

    /// Microseconds since 1970 of a time as FHIR or HL7 writes it, with its offset; UTC without one.
    static func microseconds(_ text: String) -> Int64? {
        // One of the two ways to write it failing is no error.
        if let stamp = try? Timestamp(text), let month = stamp.month, let day = stamp.day {
            let minutes = (stamp.hour ?? 0) * 60 + (stamp.minute ?? 0) - (stamp.offsetMinutes ?? 0)
            let seconds = Timestamp.dayNumber(stamp.year, month, day) * 86_400 + minutes * 60 + (stamp.second ?? 0)
            let fraction = Double("0." + (stamp.fraction ?? "0")) ?? 0
            return Int64(seconds) * 1_000_000 + Int64((fraction * 1e6).rounded())
        }
        for style in [Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle()] {
            // As above.
            if let date = try? style.parse(text) { return Int64((date.timeIntervalSince1970 * 1e6).rounded()) }
        }
        return nil
    }
}

/// One of the words that a value may be.
private func oneOf<Word: RawRepresentable & CaseIterable>(_ text: String) throws -> Word where Word.RawValue == String {
    guard let word = Word(rawValue: text) else {
        throw ValidationError("\(text) is not one of \(Word.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return word
}

/// How an explanation is read: where a value went, or where an element came from.
enum ExplanationOrder: String, ExpressibleByArgument {
    case value, path

    func sorted(_ steps: [Explanation]) -> [Explanation] {
        guard self == .path else { return steps }
        return steps.enumerated().sorted { ($0.element.path, $0.offset) < ($1.element.path, $1.offset) }.map(\.element)
    }
}

/// The line that `--loss` prints for a message.
private struct LossLine {
    let json: JSONValue

    init(_ item: MessageFiles.Item, _ loss: LossRecord, error: String? = nil) {
        func number(_ count: Int) -> JSONValue { .number(JSONNumber(count)) }
        var object: JSONObject = [
            "file": .string(item.file), "index": number(item.index), "leaves": number(loss.leaves),
            "mapped": number(loss.mapped), "condition": number(loss.condition), "dropped": number(loss.dropped),
            "lost": number(loss.lost), "lostLeaves": .array(loss.lostLeaves.map { .string("\($0)") }),
        ]
        if !loss.notes.isEmpty {
            object["notes"] = .array(
                loss.notes.map { ["location": .string("\($0.location)"), "text": .string($0.text)] })
        }
        if let error { object["error"] = .string(error) }
        json = .object(object)
    }
}

extension Path {
    /// The place where something was found.
    init(_ location: Location) {
        self.init(
            segment: location.segment, occurrence: .number(location.occurrence), field: location.field,
            repetition: location.repetition.map { .number($0) }, component: location.component,
            subcomponent: location.subcomponent)
    }
}
