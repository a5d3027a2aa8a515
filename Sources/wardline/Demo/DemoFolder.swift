internal import Foundation

/// The interfaces folder of the demonstration: a hospital, a clinic, a laboratory, a registry and an archive.
struct DemoFolder {
    /// Where everything of the demonstration lies; removed at its end.
    let root: String

    var interfaces: String { root + "/Interfaces" }
    var data: String { root + "/var" }
    var certificates: String { root + "/Certs/dev" }

    init() throws {
        root = FileManager.default.temporaryDirectory.appending(path: "wardline-demo-\(getpid())").path(
            percentEncoded: false)
        try FileManager.default.createDirectory(
            atPath: root, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    func remove() {
        // What cannot be removed lies in the temporary folder, which the system clears.
        try? FileManager.default.removeItem(atPath: root)
    }

    /// Writes the files.
    ///
    /// - Parameters: where the simulated providers listen, as `HOST:PORT`.
    func write(clinic: String, laboratory: String, registry: String) throws {
        let files = [
            "broker.yaml": """
            broker: riverside
            listeners:
              hospitals:
                bind: 127.0.0.1:0
                tls:
                  certificate: ../Certs/dev/broker.pem
                  key: ../Certs/dev/broker.key
                  clients: ../Certs/dev/ca.pem
            admin: { bind: 127.0.0.1:0 }
            """,
            "providers/general-hospital.yaml": """
            provider: general-hospital
            name: General Hospital
            sends:
              - as: { facility: GHH }
                certificate: [general-hospital.example]
                messages: [ADT, ORU^R01]
                timezone: America/Chicago
            """,
            "providers/lakeside-clinic.yaml": """
            provider: lakeside-clinic
            name: Lakeside Clinic
            receives:
              inbox:
                mllp: mllps://\(clinic)
                tls:
                  ca: ../Certs/dev/ca.pem
                  certificate: ../Certs/dev/broker.pem
                  key: ../Certs/dev/broker.key
                  serverName: lakeside-clinic.example
                connections: 4
                edit:
                  - { set: { MSH-5: LAKESIDE, MSH-6: CLINIC } }
            """,
            "providers/city-laboratory.yaml": """
            provider: city-laboratory
            name: City Laboratory
            receives:
              inbox: { mllp: mllp://\(laboratory) }
            """,
            "providers/state-registry.yaml": """
            provider: state-registry
            name: State Registry
            receives:
              fhir: { fhir: http://\(registry)/fhir }
            """,
            "providers/archive.yaml": """
            provider: archive
            name: Archive
            receives:
              files: { folder: ../var/archive }
            """,
            "routes/admissions.yaml": """
            route: admissions
            from: [general-hospital]
            when: MSH-9.1 = "ADT" and PV1-2 in ("I", "E")
            to: [lakeside-clinic.inbox, state-registry.fhir]
            """,
            "routes/results.yaml": """
            route: results
            from: [general-hospital]
            when: MSH-9.1 = "ORU"
            to: [lakeside-clinic.inbox, city-laboratory.inbox, state-registry.fhir]
            """,
            "routes/archive.yaml": """
            route: archive
            to: [archive.files]
            """,
        ]
        for (name, text) in files {
            let path = interfaces + "/" + name
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data((text + "\n").utf8).write(to: URL(filePath: path))
        }
    }
}
