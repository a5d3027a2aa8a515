import Interfaces
import Mapping

/// A small interfaces folder in memory: a hospital sends, a clinic receives. Tests replace single files.
enum TestFolder {
    static let files: [String: String] = [
        "broker.yaml": """
        broker: riverside
        listeners:
          lab: { bind: "127.0.0.1:0", tls: off }
          bench: { bind: "127.0.0.1:0", tls: off, accept: anyone }
        """,
        "providers/hospital.yaml": """
        provider: hospital
        sends:
          - as: { application: HIS, facility: GH }
        """,
        "providers/clinic.yaml": """
        provider: clinic
        receives:
          inbox: { mllp: "mllp://127.0.0.1:1" }
        """,
        "routes/all.yaml": """
        route: all
        to: [clinic.inbox]
        """,
    ]

    /// - Parameters:
    ///   - changes: files in the place of others; an empty text deletes one.
    ///   - site: maps laid over those of the program.
    static func configuration(
        _ changes: [String: String] = [:], withMaps: Bool = false, site: MapFiles? = nil
    ) throws -> Configuration {
        let files = Self.files.merging(changes) { _, new in new }.filter { !$0.value.isEmpty }
            .map { Configuration.File(name: $0.key, bytes: Array($0.value.utf8)) }
            .sorted { $0.name < $1.name }
        let (configuration, findings) = InterfaceFolder.load(
            files: files, base: "/nowhere",
            environment: withMaps
                ? InterfaceFolder.Environment(
                    fileExists: { _ in true },
                    maps: { _ throws(MapError) in
                        if let site { return try ResourceMaps(overlaying: site) }
                        return try builtIn.get()
                    })
                : .withoutMaps(fileExists: { _ in true }))
        guard let configuration else { throw Mistakes(findings: findings) }
        return configuration
    }

    /// The maps of the program, read once: they take the longest.
    private static let builtIn: Result<ResourceMaps, MapError> = Result { () throws(MapError) in
        try ResourceMaps(overlaying: MapFiles())
    }

    /// The clinic, with one endpoint over MLLP that tries again soon.
    static func clinic(port: Int, _ keys: String = "") -> [String: String] {
        [
            "providers/clinic.yaml": """
            provider: clinic
            receives:
              inbox: { mllp: "mllp://127.0.0.1:\(port)", retry: { first: 1ms, max: 20ms }\(keys.isEmpty ? "" : ", " + keys) }
            """
        ]
    }

    struct Mistakes: Error { var findings: [InterfaceFinding] }
}
