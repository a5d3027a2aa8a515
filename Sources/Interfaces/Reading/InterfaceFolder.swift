internal import Crypto
package import Mapping

/// The folder that says who sends, who receives and what goes where.
///
///     Interfaces/broker.yaml        the broker and its listeners
///     Interfaces/providers/*.yaml   senders and endpoints
///     Interfaces/routes/*.yaml      messages → endpoints
///     Interfaces/tables/*.yaml      code tables for edits
///     Interfaces/profiles/**        conformance profiles, value sets
///     Interfaces/maps/**            HL7 v2 → FHIR
package enum InterfaceFolder {
    /// What reading needs from outside, so that tests can give something else.
    package struct Environment {
        package var fileExists: (String) -> Bool
        /// Compiles map files, given by their paths below `maps/`.
        package var maps: (MapFiles) throws(MapError) -> ResourceMaps

        package init(
            fileExists: @escaping (String) -> Bool, maps: @escaping (MapFiles) throws(MapError) -> ResourceMaps
        ) {
            self.fileExists = fileExists
            self.maps = maps
        }

        /// No maps at all, which take the longest to read, for what only routes and sends HL7 v2.
        package static func withoutMaps(fileExists: @escaping (String) -> Bool) -> Environment {
            Environment(
                fileExists: fileExists, maps: { _ throws(MapError) in try ResourceMaps(MapFiles()) })
        }

        /// The file system, and maps laid over those of the program.
        package static var system: Environment {
            Environment(
                fileExists: FolderFiles.exists,
                maps: { files throws(MapError) in try ResourceMaps(overlaying: files) })
        }
    }

    /// Reads a folder.
    ///
    /// - Returns: the configuration, nil if there is an error among the findings; findings by file and line.
    package static func load(
        _ path: String, environment: Environment = .system
    ) -> (configuration: Configuration?, findings: [InterfaceFinding]) {
        let findings = FindingList()
        guard let folder = FolderFiles(folder: path, findings: findings) else { return (nil, findings.sorted) }
        return load(files: folder.files, base: folder.base, environment: environment, findings: findings)
    }

    /// Reads the files of a folder as they were once: those of ``Configuration/files``.
    ///
    /// - Parameter base: the absolute path that the paths in them are relative to.
    package static func load(
        files: [Configuration.File], base: String, environment: Environment = .system
    ) -> (configuration: Configuration?, findings: [InterfaceFinding]) {
        load(files: files, base: base, environment: environment, findings: FindingList())
    }

    private static func load(
        files: [Configuration.File], base: String, environment: Environment, findings: FindingList
    ) -> (configuration: Configuration?, findings: [InterfaceFinding]) {
        let reader = FolderReader(base: base, findings: findings, fileExists: environment.fileExists)
        reader.read(files)
        reader.checkAll()
        let maps = maps(files, environment, findings)
        guard !findings.hasErrors, let broker = reader.broker, let maps else { return (nil, findings.sorted) }
        let configuration = Configuration(
            hash: hash(of: files), folder: base, files: files, broker: broker, listeners: reader.listeners ?? [],
            admin: reader.admin, providers: reader.providers, routes: reader.routes.map(\.value), maps: maps,
            tables: reader.tables, profiles: reader.profiles, missingFiles: reader.missingFiles)
        return (configuration, findings.sorted)
    }

    private static func maps(
        _ files: [Configuration.File], _ environment: Environment, _ findings: FindingList
    ) -> ResourceMaps? {
        var texts: [String: String] = [:]
        for file in files where file.name.hasPrefix("maps/") {
            guard let text = String(validating: file.bytes, as: UTF8.self) else {
                findings.error(Place(file: file.name, line: 1), "not UTF-8; save the file as UTF-8")
                continue
            }
            texts[String(file.name.dropFirst(5))] = text
        }
        do throws(MapError) {
            return try environment.maps(MapFiles(texts))
        } catch {
            for mistake in error.mistakes {
                findings.error(Place(file: "maps/" + mistake.file, line: mistake.line), mistake.text)
            }
            if error.mistakes.isEmpty { findings.error(Place(file: "maps", line: nil), error.text) }
            return nil
        }
    }

    /// Names and bytes, each with its length, in the order of the names.
    static func hash(of files: [Configuration.File]) -> String {
        var hash = SHA256()
        func add(_ bytes: [UInt8]) {
            hash.update(data: Array("\(bytes.count):".utf8))
            hash.update(data: bytes)
        }
        for file in files.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            add(Array(file.name.utf8))
            add(file.bytes)
        }
        let digits = Array("0123456789abcdef".utf8)
        let text = hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
