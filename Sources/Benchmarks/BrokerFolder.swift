/// The interfaces folder of a measured broker, with certificates if it is to use TLS.
struct BrokerFolder {
    var root: String
    var isTLS: Bool

    var interfaces: String { root + "/Interfaces" }
    var data: String { root + "/var" }
    var message: String { root + "/adt.hl7" }
    private var certificates: String { root + "/Certs/dev" }

    /// Writes it all.
    ///
    /// - Parameter receiver: where everything is delivered to, as `HOST:PORT`; nil delivers nothing: a route looks at
    ///   each message and says no.
    func write(receiver: String? = nil) throws {
        let tls =
            isTLS
            ? "{ certificate: \(certificates)/broker.pem, key: \(certificates)/broker.key, clients: \(certificates)/ca.pem }"
            : "off"
        try TemporaryFolder.write(
            """
            broker: benchmark
            listeners:
              bench:
                bind: 127.0.0.1:0
                tls: \(tls)
                accept: anyone

            """, to: interfaces + "/broker.yaml")
        try TemporaryFolder.write(
            """
            provider: receiver
            name: Receiver
            receives:
              inbox: \(receiver.map { "{ mllp: mllp://\($0), connections: 8 }" } ?? "{ folder: ../var/inbox }")

            """, to: interfaces + "/providers/receiver.yaml")
        try TemporaryFolder.write(
            """
            route: everything
            when: MSH-9.1 = "ADT"\(receiver == nil ? " and PID-8 = \"X\"" : "")
            to: [receiver.inbox]

            """, to: interfaces + "/routes/everything.yaml")
        try TemporaryFolder.write(Samples.adt, to: message)
        guard isTLS else { return }
        for name in ["broker", "sender"] { try Program.run(["certs", "issue", name, "--directory", certificates]) }
    }

    /// The options with which a sender connects.
    func senderOptions(to address: String) -> [String] {
        guard isTLS else { return ["--to", "mllp://" + address] }
        return [
            "--to", "mllps://" + address, "--ca", certificates + "/ca.pem", "--cert", certificates + "/sender.pem",
            "--key", certificates + "/sender.key",
        ]
    }

    /// The options with which a receiver uses the same TLS as the broker.
    var receiverOptions: [String] {
        guard isTLS else { return [] }
        return [
            "--cert", certificates + "/broker.pem", "--key", certificates + "/broker.key", "--ca",
            certificates + "/ca.pem",
        ]
    }
}
