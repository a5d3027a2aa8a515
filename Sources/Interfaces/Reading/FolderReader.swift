internal import Yams

/// Reads the files of a folder into values, in the order in which they refer to each other.
final class FolderReader {
    /// A sender or endpoint with the line that it begins on.
    struct Placed<Value> {
        var value: Value
        var place: Place
    }

    let base: String
    let findings: FindingList
    let fileExists: (String) -> Bool

    var tables: [String: TranslationTable] = [:]
    var profiles: [String: ConformanceProfile] = [:]
    /// Those that could not be compiled too.
    var profileNames: Set<String> = []
    var broker: BrokerSettings?
    /// nil: `broker.yaml` could not be read, so that nothing can be said of references to listeners.
    var listeners: [ListenerSettings]?
    var admin: AdminSettings?
    var providers: [Provider] = []
    /// By provider, in the order of `providers`.
    var senders: [Placed<(provider: String, rule: SenderRule)>] = []
    var routes: [Placed<Route>] = []
    var missingFiles: [Configuration.MissingFile] = []
    /// Endpoints that providers name in `ack.to`.
    var acknowledgementTargets: [Placed<String>] = []
    /// What `retention.legalHold` names.
    var legalHolds: [Placed<String>] = []
    /// Providers whose files have no readable name: references to unknown ones may mean them.
    var hasUnreadableProviders = false
    /// Endpoints that could not be read: references to them are not wrong.
    var unreadableEndpoints: Set<String> = []
    /// Names taken so far, by kind.
    private var names: [String: Place] = [:]

    init(base: String, findings: FindingList, fileExists: @escaping (String) -> Bool) {
        self.base = base
        self.findings = findings
        self.fileExists = fileExists
    }

    func read(_ files: [Configuration.File]) {
        func those(in folder: String) -> [Configuration.File] { files.filter { $0.name.hasPrefix(folder + "/") } }
        for file in those(in: "tables") { readTable(file) }
        readProfiles(those(in: "profiles"))
        if let file = files.first(where: { $0.name == "broker.yaml" }) {
            readBroker(file)
        } else {
            findings.error(
                Place(file: "broker.yaml", line: nil), "not there; write one with broker: NAME and listeners:")
        }
        for file in those(in: "providers") { readProvider(file) }
        for file in those(in: "routes") { readRoute(file) }
    }

    private func readProfiles(_ files: [Configuration.File]) {
        let reader = ProfileReader(base: base, findings: findings) { path in
            files.first { $0.name == path }?.bytes
        }
        for file in files where file.name.hasSuffix(".yaml") {
            guard let (name, fields) = reader.read(file) else {
                // References to it are not wrong: what is wrong with the file was said.
                profileNames.insert(Self.stem(of: file.name))
                continue
            }
            claim(name, kind: "profile", fields)
            profileNames.insert(name)
        }
        profiles = reader.compiled()
    }

    /// The name of a file without folder and ending.
    static func stem(of path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        return String(name.hasSuffix(".yaml") ? name.dropLast(5) : name)
    }

    /// Notes that a file describes something of a name, which must be the only one and should be the file's.
    func claim(_ name: String, kind: String, _ fields: YAMLFields) {
        let place = fields.place(kind)
        if let taken = names["\(kind) \(name)"] {
            fields.error(kind, "the \(kind) \(name) is already in \(taken.file); choose another name")
        } else {
            names["\(kind) \(name)"] = place
        }
        let stem = Self.stem(of: fields.file)
        if name != stem {
            fields.warning(kind, "the \(kind) is \(name) and its file is \(stem).yaml; rename the file \(name).yaml")
        }
    }

    // MARK: Files named in values

    /// The absolute path of a file that must be there when the broker runs.
    func file(_ fields: YAMLFields, _ key: String, isSecret: Bool = false) -> String? {
        guard let written = fields.text(key) else { return nil }
        let path = FolderFiles.absolute(written, base: base)
        if !fileExists(path) {
            let remedy =
                isSecret
                ? "put the secret into that file"
                : "run wardline certs dev for development certificates, or write where yours is"
            let text = "\(key): \(written) is not there; \(remedy)"
            fields.warning(key, text)
            let place = fields.place(key)
            let finding = InterfaceFinding(severity: .warning, file: place.file, line: place.line, text: text)
            missingFiles.append(Configuration.MissingFile(path: path, finding: finding))
        }
        return path
    }

    /// A certificate and its key: both or neither.
    func certificateAndKey(_ fields: YAMLFields) -> (certificate: String, key: String)? {
        let certificate = file(fields, "certificate")
        let key = file(fields, "key")
        if let certificate, let key { return (certificate, key) }
        for (present, absent) in [("certificate", "key"), ("key", "certificate")]
        where fields.has(present) && !fields.has(absent) {
            fields.error(present, "\(present) without \(absent); write \(absent): FILE too")
        }
        return nil
    }
}
