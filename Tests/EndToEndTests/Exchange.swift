import Foundation
import HL7
import MLLP
import Testing

/// The exchange of the crash tests: a hospital that sends over mutual TLS, two providers that receive HL7 v2, one that
/// receives FHIR, and one that receives files.
struct Exchange {
    let folder: TestFolder
    /// The data folder, as the test's folder names it.
    let data: String

    static let receivers = ["clinic", "laboratory", "registry"]

    /// Makes certificates, starts the receivers and writes the interfaces folder.
    static func make(_ folder: TestFolder? = nil, data: String = "var") async throws -> Exchange {
        let folder = try folder ?? TestFolder()
        let certificates = try await folder.run("certs", "dev", "--directory", "\(folder.path)/Certs/dev")
        #expect(certificates.code == 0, "\(certificates.output)")
        let pair = { (name: String) in ("\(folder.path)/Certs/dev/\(name).pem", "\(folder.path)/Certs/dev/\(name).key")
        }
        let (certificate, key) = pair("lakeside-clinic")
        let authority = "\(folder.path)/Certs/dev/ca.pem"
        let clinic = try await folder.receiver(
            "clinic", "--cert", certificate, "--key", key, "--ca", authority, "--output", "\(folder.path)/clinic")
        let laboratory = try await folder.receiver("laboratory", "--output", "\(folder.path)/laboratory")
        let registry = try await folder.receiver("registry", "--fhir", "--output", "\(folder.path)/registry")
        // A port that stays the same over restarts.
        let port = try freePort()
        try folder.write(
            "Interfaces/broker.yaml",
            """
            broker: crash-test
            listeners:
              hospitals:
                bind: 127.0.0.1:\(port)
                tls:
                  certificate: ../Certs/dev/broker.pem
                  key: ../Certs/dev/broker.key
                  clients: ../Certs/dev/ca.pem
            """)
        try folder.write(
            "Interfaces/providers/general-hospital.yaml",
            """
            provider: general-hospital
            sends:
              - as: { facility: GHH }
                certificate: [general-hospital.example]
                timezone: America/Chicago
            """)
        let endpoints = [
            "clinic":
                "mllp: mllps://\(clinic.address)\n    tls: { ca: ../Certs/dev/ca.pem, certificate: ../Certs/dev/broker.pem, key: ../Certs/dev/broker.key }\n    connections: 4",
            "laboratory": "mllp: mllp://\(laboratory.address)\n    connections: 4",
            "registry": "fhir: http://\(registry.address)/fhir\n    connections: 4",
            // Beside the data, so that it is on the same disk.
            "archive": "folder: ../\(data)-archive",
        ]
        for (name, endpoint) in endpoints {
            try folder.write(
                "Interfaces/providers/\(name).yaml",
                """
                provider: \(name)
                receives:
                  inbox:
                    \(endpoint)
                    retry: { first: 100ms, max: 1s }
                """)
        }
        try folder.write(
            "Interfaces/routes/all.yaml",
            "route: all\nto: [clinic.inbox, laboratory.inbox, registry.inbox, archive.inbox]\n")
        return Exchange(folder: folder, data: data)
    }

    func broker(environment: [String: String] = [:]) async throws -> (child: Child, listeners: [String: String]) {
        try await folder.broker(data: data, environment: environment)
    }

    /// Control ids of the files in the archive, in seq order.
    func archived() throws -> [String] {
        let path = "\(folder.path)/\(data)-archive"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let files = names.filter { !$0.hasPrefix(".") }.compactMap { name in
            name.split(separator: "-").first.flatMap { Int($0) }.map { (seq: $0, name: name) }
        }
        return try files.sorted { $0.seq < $1.seq }.map { file in
            let bytes = Array(try Data(contentsOf: URL(filePath: "\(path)/\(file.name)")))
            return try Message(parsing: bytes)["MSH-10"] ?? ""
        }
    }

    /// What a receiver got, by the number that it has in its log.
    func bytes(_ receiver: String, number: Int) throws -> Data {
        let digits = String(number)
        let name = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        let ending = receiver == "registry" ? "json" : "hl7"
        return try Data(contentsOf: URL(filePath: "\(folder.path)/\(receiver)/\(name).\(ending)"))
    }

    /// A free port below those that the system hands out, so that nobody else gets it between two starts.
    private static func freePort() throws -> Int {
        let tried = (0..<100).lazy.map { _ in Int.random(in: 20_000..<32_000) }
        return try #require(tried.first(where: isFree), "no free port between 20000 and 32000")
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { Glibc.close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = UInt16(port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// An update of a patient's record, number `number` of that patient.
    static func message(patient: Int, number: Int) -> [UInt8] {
        let text = """
            MSH|^~\\&|GHH_ADT|GHH|RIVERSIDE|HIE|20260305101500||ADT^A08^ADT_A01|P\(patient)-\(number)|P|2.5.1\r\
            EVN||20260305101500\r\
            PID|1||PAT\(patient)^^^GHH^MR||EVERYWOMAN^EVE||19700101|F\r\
            PV1|1|I|4NORTH^\(number)^A^GHH|||||||||||||||V\(patient)^^^GHH^VN\r
            """
        return Array(text.utf8)
    }

    /// A client that shows the hospital's certificate.
    func hospital(_ address: String) throws -> MLLPClient {
        let secrets = try ClientSecrets(
            ClientTLS(
                authorityFile: "\(folder.path)/Certs/dev/ca.pem",
                certificateFile: "\(folder.path)/Certs/dev/general-hospital.pem",
                keyFile: "\(folder.path)/Certs/dev/general-hospital.key", serverName: "localhost"))
        let parts = address.split(separator: ":")
        return MLLPClient(host: String(parts[0]), port: Int(parts[1]) ?? 0, tls: secrets)
    }
}
