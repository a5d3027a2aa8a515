internal import ArgumentParser
internal import Console
internal import Foundation
internal import HL7

/// `wardline export`
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes messages to a file for others, without the people in them.",
        discussion: """
            With --deidentify names, numbers, addresses and telephones become pseudonyms of the same shape, dates move by up \
            to a year (by the same number of days for one patient), and free text becomes other letters; delimiters, lengths, \
            codes, measurements and mistakes stay. The same key gives the same pseudonyms; it is made if it is not there, \
            and must not leave the house. The file is searched for every word of the original identifiers before it is \
            written, and if one is found nothing is written.

              wardline export 48213 48214 --deidentify --key support.key --file for-vendor.hl7
            """)

    @Argument(
        help: ArgumentHelp("Sequence numbers of messages of the running broker, or files.", valueName: "seq|file"))
    var messages: [String]

    @Flag(help: "Without it nothing is written: patient data is not for a file that is passed on.")
    var deidentify = false

    @Option(help: ArgumentHelp("The key of the pseudonyms.", valueName: "file"))
    var key = "deidentify.key"

    @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("The data folder of the running broker, for sequence numbers.", valueName: "dir"))
    var data = "var"

    func validate() throws {
        guard deidentify else {
            throw ValidationError("Say --deidentify; a message as it is, is shown by wardline show SEQ --raw.")
        }
    }

    func run() async throws {
        let limits = Limits(messageBytesMax: .max, segmentsMax: .max)
        var parsed: [Message] = []
        for (item, _) in try await MessageSource(data: data).messages(messages) {
            do throws(ParseError) { parsed.append(try Message(parsing: item.bytes, limits: limits)) } catch {
                Output.error("\(item.file) #\(item.index): \(error); what cannot be read cannot be made anonymous")
                throw ExitCode.failure
            }
        }
        var deidentifier = Deidentifier(key: try Self.key(key))
        for message in parsed { deidentifier.note(message) }
        let bytes = parsed.map(deidentifier.deidentified)
        let found = bytes.reduce(0) { $0 + deidentifier.found(in: $1) }
        let count = deidentifier.identifiers.count
        guard found == 0 else {
            Output.error("\(found) of \(count) identifiers were found afterwards: nothing is written")
            throw ExitCode.failure
        }
        try Data(bytes.joined()).write(to: URL(filePath: file), options: .atomic)
        Output.line("\(file): \(parsed.count) messages, 0 of \(count) identifiers found")
    }

    /// The key of a file, which is made for this user alone if it is not there.
    private static func key(_ path: String) throws -> [UInt8] {
        if let data = FileManager.default.contents(atPath: path) {
            guard data.count >= keyBytes else {
                throw ValidationError("\(path) is no key: it has fewer than \(keyBytes) bytes.")
            }
            return Array(data)
        }
        var generator = SystemRandomNumberGenerator()
        let key = (0..<keyBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let made = FileManager.default.createFile(
            atPath: path, contents: Data(key), attributes: [.posixPermissions: 0o600])
        guard made else { throw ValidationError("\(path) cannot be written.") }
        return key
    }

    private static let keyBytes = 32
}
