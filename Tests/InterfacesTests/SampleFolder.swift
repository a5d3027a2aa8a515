import Interfaces

/// A small folder without a mistake, of which tests replace one file.
enum SampleFolder {
    static let files: [String: String] = [
        "broker.yaml": """
        broker: riverside
        listeners:
          hospitals: { bind: "0.0.0.0:2575", tls: { certificate: broker.pem, key: broker.key, clients: ca.pem } }
          lab: { bind: "0.0.0.0:2577", tls: { certificate: broker.pem, key: broker.key } }
          bench: { bind: "127.0.0.1:2576", tls: off, accept: anyone }
        """,
        "providers/hospital.yaml": """
        provider: hospital
        sends:
          - as: { application: HIS, facility: GH }
        """,
        "providers/clinic.yaml": """
        provider: clinic
        receives:
          inbox: { mllp: "mllps://127.0.0.1:2600" }
          fhir: { fhir: "https://127.0.0.1:8080/fhir" }
        """,
        "routes/all.yaml": """
        route: all
        to: [clinic.inbox]
        """,
        "tables/class.yaml": """
        table: class
        codes: { I: INPT }
        """,
    ]

    /// What is read when some files stand in the place of others; an empty text deletes a file.
    static func load(
        _ changes: [String: String], fileExists: @escaping (String) -> Bool = { _ in true }
    ) -> (configuration: Configuration?, findings: [InterfaceFinding]) {
        let files = Self.files.merging(changes) { _, new in new }.filter { !$0.value.isEmpty }
            .map { Configuration.File(name: $0.key, bytes: Array($0.value.utf8)) }
            .sorted { $0.name < $1.name }
        return InterfaceFolder.load(
            files: files, base: "/etc/wardline", environment: .withoutMaps(fileExists: fileExists))
    }

    /// The configuration of a folder that must have no errors.
    static func configuration(_ changes: [String: String] = [:]) throws -> Configuration {
        let (configuration, findings) = load(changes)
        guard let configuration else { throw Mistakes(findings: findings) }
        return configuration
    }

    struct Mistakes: Error { var findings: [InterfaceFinding] }
}
