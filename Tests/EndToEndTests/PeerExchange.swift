import Foundation
import Testing

/// A running broker with a plaintext and a mutual TLS listener, and one endpoint that everything goes to.
struct PeerExchange {
    struct Address {
        var text: String
        var host: String { String(text.split(separator: ":")[0]) }
        var port: String { String(text.split(separator: ":")[1]) }
    }

    let folder: TestFolder
    let plain: Address
    let secure: Address

    /// - Parameter endpoint: where messages go, as a provider's file says it; by default to files.
    static func make(_ folder: TestFolder? = nil, endpoint: String = "folder: ../archive") async throws -> PeerExchange
    {
        let folder = try folder ?? TestFolder()
        let certificates = try await folder.run("certs", "dev", "--directory", "Certs/dev")
        #expect(certificates.code == 0, "\(certificates.output)")
        let files = [
            "broker": """
            broker: peers
            listeners:
              plain: { bind: "127.0.0.1:0", tls: off }
              secure:
                bind: 127.0.0.1:0
                tls:
                  certificate: ../Certs/dev/broker.pem
                  key: ../Certs/dev/broker.key
                  clients: ../Certs/dev/ca.pem
            """,
            "providers/general-hospital": """
            provider: general-hospital
            sends:
              - as: { facility: GHH }
                certificate: [general-hospital.example]
                timezone: America/Chicago
            """,
            "providers/ward": """
            provider: ward
            sends:
              - as: { facility: WARD }
                listener: plain
                timezone: America/Chicago
            """,
            "providers/clinic": """
            provider: clinic
            receives:
              inbox:
                \(endpoint)
            """,
            "routes/all": "route: all\nto: [clinic.inbox]",
        ]
        for (name, text) in files { try folder.write("Interfaces/\(name).yaml", text + "\n") }
        let (_, listeners) = try await folder.broker()
        return PeerExchange(
            folder: folder, plain: Address(text: try #require(listeners["plain"])),
            secure: Address(text: try #require(listeners["secure"])))
    }

    /// An update of a patient's record.
    static func text(_ controlID: String, facility: String) -> String {
        """
        MSH|^~\\&|ADT|\(facility)|RIVERSIDE|HIE|20260305101500||ADT^A08^ADT_A01|\(controlID)|P|2.5.1\r\
        EVN||20260305101500\r\
        PID|1||PAT1^^^\(facility)^MR||EVERYWOMAN^EVE||19700101|F\r\
        PV1|1|I|4NORTH^1^A\r
        """
    }

    static func message(_ controlID: String, facility: String) -> [UInt8] {
        Array(text(controlID, facility: facility).utf8)
    }

    static func framed(_ message: [UInt8]) -> [UInt8] { [0x0B] + message + [0x1C, 0x0D] }

    /// OpenSSL's client for the TLS listener, without a certificate of its own.
    func client(_ version: String) -> [String] {
        [
            "openssl", "s_client", "-connect", secure.text, version, "-CAfile", "Certs/dev/ca.pem",
            "-verify_return_error", "-verify_hostname", "localhost", "-quiet", "-no_ign_eof",
        ]
    }

    /// Waits until the files of the endpoint are exactly these messages, byte for byte.
    func hasArchived(_ messages: [[UInt8]]) async throws -> Bool {
        let path = "\(folder.path)/archive"
        return try await eventually {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            let files = try names.filter { $0.hasSuffix(".hl7") }.map {
                Array(try Data(contentsOf: URL(filePath: "\(path)/\($0)")))
            }
            return Set(files) == Set(messages) && files.count == messages.count
        }
    }

    /// Waits until so many deliveries were made and none is left.
    func isAllDelivered(count: Int, within limit: Duration = .seconds(60)) async throws -> Bool {
        try await eventually(within: limit) {
            let deliveries = try #require(try await ledger()["deliveries"] as? [String: Any])
            return deliveries["delivered"] as? Int == count && deliveries["total"] as? Int == count
        }
    }

    func ledger() async throws -> [String: Any] {
        let ledger = try await folder.run("ledger", "--data", "var", "--format", "json")
        return try TestFolder.object(ledger.output)
    }
}
