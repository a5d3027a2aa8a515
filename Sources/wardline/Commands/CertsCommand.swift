internal import ArgumentParser
internal import FHIR
internal import Foundation

/// `wardline certs`: certificates for development and tests.
struct CertsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certs",
        abstract: "Makes and lists certificates for development.",
        subcommands: [Dev.self, Issue.self, List.self])

    struct Folder: ParsableArguments {
        @Option(help: ArgumentHelp("The folder of the certificates.", valueName: "dir"))
        var directory = "Certs/dev"

        var value: CertificateFolder { CertificateFolder(path: directory) }
    }

    /// Prints what became of a certificate.
    private static func report(
        _ name: String, _ outcome: CertificateFolder.Outcome, _ folder: Folder, _ format: OutputFormat
    ) {
        switch format {
        case .text: Output.line("\(outcome.rawValue)  \(folder.directory)/\(name).pem")
        case .json:
            Output.json([
                "name": .string(name), "file": .string("\(folder.directory)/\(name).pem"),
                "key": .string("\(folder.directory)/\(name).key"), "outcome": .string(outcome.rawValue),
            ])
        }
    }

    struct Dev: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an authority and certificates for the broker and the providers of the interfaces folder.",
            discussion: "What is there is kept, so it can be run again; --force makes everything anew.")

        /// The providers of the folder that is shipped.
        private static let shipped = ["general-hospital", "lakeside-clinic", "state-registry"]

        @OptionGroup var folder: Folder

        @Option(help: ArgumentHelp("The interfaces folder whose providers get certificates.", valueName: "dir"))
        var interfaces = "Interfaces"

        @Flag(help: "Replace the authority and all certificates.")
        var force = false

        @Option(help: "What to print: text or json (one object a certificate).")
        var format = OutputFormat.text

        func run() throws {
            let now = Date()
            let (authority, outcome) = try folder.value.authority(replacing: force, now: now)
            report("ca", outcome, folder, format)
            // Without an interfaces folder there are no further providers.
            let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(interfaces)/providers")) ?? []
            let providers = files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
            for name in ["broker"] + Set(Self.shipped + providers).sorted() {
                let outcome = try folder.value.issue(
                    name, .local(name), from: authority, days: DevelopmentAuthority.leafDaysMax, replacing: force,
                    now: now)
                report(name, outcome, folder, format)
            }
        }
    }

    struct Issue: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Issues one certificate from the development authority.",
            discussion: "It bears NAME.example, localhost and 127.0.0.1, and what --dns and --ip add.")

        @Argument(help: "The name of its files, and with .example its common name.")
        var name: String

        @OptionGroup var folder: Folder

        @Option(help: ArgumentHelp("A further DNS name; may be repeated.", valueName: "name"))
        var dns: [String] = []

        @Option(help: ArgumentHelp("A further IPv4 address; may be repeated.", valueName: "address"))
        var ip: [String] = []

        @Option(help: ArgumentHelp("How many days it is valid.", valueName: "n"))
        var days = DevelopmentAuthority.leafDaysMax

        @Flag(help: "Replace the certificate and key of that name.")
        var force = false

        @Option(help: "What to print: text or json.")
        var format = OutputFormat.text

        func validate() throws {
            let isName = name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
            if name.isEmpty || !isName || name == "ca" {
                throw ValidationError("NAME is small letters, digits and hyphens, and not ca, as in general-hospital.")
            }
            if !(1...DevelopmentAuthority.leafDaysMax).contains(days) {
                throw ValidationError("--days is a number from 1 to \(DevelopmentAuthority.leafDaysMax).")
            }
            if let wrong = ip.first(where: { Self.address($0) == nil }) {
                throw ValidationError("\(wrong) is no IPv4 address.")
            }
        }

        func run() throws {
            let now = Date()
            let (authority, _) = try folder.value.authority(replacing: false, now: now)
            var subject = DevelopmentAuthority.Subject.local(name, dnsNames: dns)
            subject.addresses += ip.compactMap(Self.address)
            let outcome = try folder.value.issue(name, subject, from: authority, days: days, replacing: force, now: now)
            report(name, outcome, folder, format)
            guard outcome == .kept else { return }
            Output.error("\(folder.directory)/\(name).pem is there already and was kept; --force replaces it.")
            throw ExitCode.failure
        }

        /// The four bytes of an IPv4 address.
        private static func address(_ text: String) -> [UInt8]? {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
            let bytes = parts.compactMap { $0 }
            return parts.count == 4 && bytes.count == 4 ? bytes : nil
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the certificates of the folder with the days that they have left.",
            discussion: "Exits 1 if one has expired.")

        @OptionGroup var folder: Folder

        @Option(help: "What to print: text or json (one object a certificate).")
        var format = OutputFormat.text

        func run() throws {
            guard FileManager.default.fileExists(atPath: folder.directory) else {
                throw ValidationError("there is no folder \(folder.directory); wardline certs dev makes it.")
            }
            let now = Date()
            var isClean = true
            for entry in try folder.value.entries() {
                let days = entry.daysLeft(at: now)
                isClean = isClean && days >= 0
                switch format {
                case .text:
                    let state = days < 0 ? "EXPIRED" : "\(days) days left"
                    let names = entry.isAuthority ? "authority" : entry.names.joined(separator: ", ")
                    Output.line("\(entry.file)  \(state)  \(names)")
                case .json:
                    Output.json([
                        "file": .string(entry.file), "subject": .string(entry.subject),
                        "names": .array(entry.names.map(JSONValue.string)),
                        "notAfter": .string(entry.notAfter.formatted(.iso8601)), "daysLeft": .number(JSONNumber(days)),
                        "authority": .bool(entry.isAuthority),
                    ])
                }
            }
            if !isClean { throw ExitCode.failure }
        }
    }
}
