internal import ArgumentParser
internal import Auditing
internal import FHIR
internal import Foundation
internal import Journaling

/// `wardline audit`: checks the audit log, without the broker.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Checks and exports the audit log of a data folder, offline.",
        subcommands: [Verify.self, Head.self, Export.self])

    private static func requireFolder(_ path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw ValidationError("there is no folder \(path); name the data folder of a broker with --data.")
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks that no event was changed, removed, inserted or moved.",
            discussion: """
                Names the first bad event. Events after the last signed head are counted as unsigned, which is no damage. \
                That events and heads were taken back together is only found against a head kept elsewhere (--head). \
                Exits 1 if something is wrong.
                """)

        @Option(help: ArgumentHelp("The data folder.", valueName: "dir"))
        var data = "var"

        @Option(help: ArgumentHelp("The public key; default is the copy in the data folder.", valueName: "file"))
        var publicKey: String?

        @Option(help: ArgumentHelp("A signed head kept elsewhere, as `audit head` prints it.", valueName: "file"))
        var head: String?

        @Option(help: "What to print: text or json.")
        var format = OutputFormat.text

        func run() throws {
            let outcome = try verified()
            let report = outcome.report
            switch format {
            case .text:
                let own = "the public key is the data folder's own: compare with one kept elsewhere (--public-key)"
                let lines = report.lines + (outcome.keyIsFromFolder ? [own] : [])
                for line in lines.flatMap({ $0.wrapped(to: Output.width) }) { Output.line(line) }
            case .json:
                var object: JSONObject = [
                    "ok": .bool(report.isGood), "events": number(report.events), "signed": number(report.signed),
                    "unsigned": number(report.unsigned), "heads": number(Int64(report.heads)),
                    "problems": .array(report.problems.map { .string($0) }),
                    "excludesRollback": .bool(report.excludesRollback),
                    "keyIsFromFolder": .bool(outcome.keyIsFromFolder),
                ]
                if let damage = report.damage {
                    object["firstBad"] = number(damage.first)
                    object["text"] = .string("\(damage.span): \(damage.what)")
                }
                Output.json(object)
            }
            if !report.isGood { throw ExitCode.failure }
        }

        private func verified() throws -> JournalAudit.Outcome {
            try AuditCommand.requireFolder(data)
            do {
                let key = try publicKey.map { try AuditPublicKey(path: $0) }
                let external = try head.map { file in
                    try SignedHead(decoding: Array(try MessageFiles.bytes(of: file).prefix { $0 != 0x0A }))
                }
                return try JournalAudit.verify(folder: data, publicKey: key, external: external)
            } catch let error as any Error & CustomStringConvertible where !(error is ValidationError) {
                Output.error("\(error)")
                throw ExitCode.failure
            }
        }

        private func number(_ value: Int64) -> JSONValue { .number(JSONNumber(Int(value))) }
    }

    struct Head: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints the last signed tree head: keep it elsewhere, and compare with `verify --head`.")

        @Option(help: ArgumentHelp("The data folder.", valueName: "dir"))
        var data = "var"

        func run() throws {
            try AuditCommand.requireFolder(data)
            guard let head = JournalAudit.head(folder: data) else {
                Output.error("\(data) has no signed head: no broker has run on it yet")
                throw ExitCode.failure
            }
            Output.line(String(decoding: head.encoded(), as: UTF8.self))
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints the events as stored, one JSON object a line.")

        @Option(help: ArgumentHelp("The data folder.", valueName: "dir"))
        var data = "var"

        @Option(help: ArgumentHelp("Begin behind this event.", valueName: "event"))
        var after: Int64 = 0

        func run() throws {
            try AuditCommand.requireFolder(data)
            do throws(JournalError) {
                try JournalAudit.forEachEvent(folder: data, after: after) {
                    Output.line(String(decoding: $0, as: UTF8.self))
                }
            } catch {
                Output.error("\(error)")
                throw ExitCode.failure
            }
        }
    }
}
