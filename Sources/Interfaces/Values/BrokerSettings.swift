/// What `broker.yaml` says about the broker itself.
package struct BrokerSettings: Hashable, Sendable {
    package var name: String
    /// MSH-11 values accepted; others of table 0103 are refused with 202.
    package var processing: [String] = ["P"]
    /// How long an accepted message is remembered as a possible duplicate.
    package var duplicateWindow = Duration.seconds(86_400)
    /// How long a stop waits for what is under way.
    package var drain = Duration.seconds(10)
    /// For every listener that does not say otherwise.
    package var limits = ListenerLimits()
    package var audit = AuditSettings()
    package var retention = RetentionSettings()
    package var alerts = AlertSettings()
    /// Plaintext listeners may bind to other addresses than loopback.
    package var isPlaintextAnywhere = false

    package init(name: String) { self.name = name }
}

/// What one listener accepts. Every limit ends in the unit it counts, or is a `Duration`.
package struct ListenerLimits: Hashable, Sendable {
    /// The longest frame payload, in bytes.
    package var frameBytesMax = 16 << 20
    /// Segments in one message.
    package var segmentsMax = 100_000
    /// Open connections of the listener.
    package var connectionsMax = 256
    /// Open connections of one peer address; loopback is exempt.
    package var connectionsPerPeerMax = 32
    /// Frames of one connection that wait for their answer; then reading pauses.
    package var framesInFlightMax = 1_000
    /// Bytes of one connection that wait for their answer, the unfinished frame included.
    package var bytesInFlightMax = 32 << 20
    /// The same for all connections of the listener.
    package var listenerBytesInFlightMax = 256 << 20
    /// The longest time without a byte inside a frame, and the age at which its average rate is judged.
    package var frameStallTime = Duration.seconds(30)
    /// The lowest average rate of an older frame, in bytes a second.
    package var frameBytesPerSecondMin = 4_096

    package init() {}
}

package struct AuditSettings: Hashable, Sendable {
    /// The absolute path of the key that signs tree heads, outside the data folder; nil: below `Certs/audit/`.
    package var keyFile: String?

    package init(keyFile: String? = nil) { self.keyFile = keyFile }
}

/// How long things are kept.
package struct RetentionSettings: Hashable, Sendable {
    package var bodies = Duration.seconds(90 * 86_400)
    /// Bytes of the text of all messages; nil: as many as there is room for.
    package var bodiesSize: Int64?
    /// Providers whose messages are kept whatever their age, for a court or an authority; `all`: everybody's.
    package var legalHold: [String] = []
    /// Settled deliveries.
    package var deliveries = Duration.seconds(365 * 86_400)
    package var audit = Duration.seconds(6 * 365 * 86_400)

    package init() {}
}

/// An address to bind to.
package struct BindAddress: Hashable, Sendable, CustomStringConvertible {
    /// An address or host name; IPv6 without brackets.
    package var host: String
    /// 0 lets the system choose.
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// A bound port that takes messages.
package struct ListenerSettings: Hashable, Sendable {
    /// Whose messages are taken.
    package enum Accept: String, CaseIterable, Hashable, Sendable {
        /// Only those of senders that a provider claims.
        case known
        case anyone
    }

    /// Absolute paths of PEM files.
    package struct TLS: Hashable, Sendable {
        package var certificate: String
        package var key: String
        /// Authorities of client certificates; present: a client certificate is required.
        package var clients: String?

        package init(certificate: String, key: String, clients: String? = nil) {
            self.certificate = certificate
            self.key = key
            self.clients = clients
        }
    }

    package var name: String
    package var bind: BindAddress
    /// nil: plaintext.
    package var tls: TLS?
    package var accept: Accept
    package var limits: ListenerLimits

    package init(
        name: String, bind: BindAddress, tls: TLS? = nil, accept: Accept = .known, limits: ListenerLimits = .init()
    ) {
        self.name = name
        self.bind = bind
        self.tls = tls
        self.accept = accept
        self.limits = limits
    }
}

/// Where the admin API and the web console are served over HTTPS.
package struct AdminSettings: Hashable, Sendable {
    package var bind = BindAddress(host: "127.0.0.1", port: 8_443)
    /// Its certificate and key; clients need none. nil: one that the broker makes for itself.
    package var tls: ListenerSettings.TLS?

    package init() {}
}
