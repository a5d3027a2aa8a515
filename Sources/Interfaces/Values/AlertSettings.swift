/// What an alert is about. Each is a key of `alerts:` too, where `off` switches it off.
package enum AlertKind: String, CaseIterable, Codable, Hashable, Sendable {
    /// Deliveries that wait for an endpoint.
    case queueDepth
    /// The oldest of them.
    case oldestAge
    /// A provider that sends less than it does at this hour of this day of the week.
    case silence
    /// An endpoint whose receiver cannot be reached.
    case disconnected
    /// Attempts to deliver that fail.
    case errorRate
    /// Messages of a provider that are refused.
    case refusalRate
    /// A receiver that takes long to answer.
    case slow
    /// A certificate of the broker that is about to expire.
    case certificates
    /// The disk of the data folder.
    case disk
    /// The text of messages against `retention.bodiesSize`.
    case bodies
    /// MSH-7 of a provider's messages against the time of their arrival.
    case clockSkew
    case backupAge
    /// The audit log does not verify.
    case audit
    /// Messages that no route names.
    case unrouted
    /// An endpoint that the broker has paused by itself: its credentials are not accepted.
    case paused
}

/// `alerts:` of `broker.yaml`: what is worth a person's attention, and who is told.
package struct AlertSettings: Hashable, Sendable {
    /// From one look to the next.
    package var every = Duration.seconds(15)
    package var off: Set<AlertKind> = []
    /// Deliveries.
    package var queueDepth = 1_000
    /// An endpoint's `maxAge` wins.
    package var oldestAge = Duration.seconds(900)
    /// Messages that were to be expected since the last one came.
    package var silence = 10
    package var disconnected = Duration.seconds(60)
    /// Percent of the attempts of five minutes.
    package var errorRate = 10
    /// Percent of the messages of five minutes.
    package var refusalRate = 10
    /// The 95th percentile of the attempts of ten minutes.
    package var slow = Duration.seconds(5)
    /// Days before a certificate expires, the most first: each makes the alert a level more serious.
    package var certificates = [30, 14, 7, 1]
    /// Days until the disk is full, as it fills now.
    package var disk = 7
    package var clockSkew = Duration.seconds(300)
    /// nil: backups are not watched.
    package var backupAge: Duration?
    /// How often the whole audit log is verified; nil: only when somebody asks for it.
    package var audit: Duration?
    package var channels: [AlertChannelSettings] = []

    package init() {}
}

/// Who is told about alerts, and how.
package enum AlertChannelSettings: Hashable, Sendable {
    /// JSON is posted there. `bearer`: a file that holds a token.
    case webhook(url: String, tls: TLSClientSettings?, bearer: String?)
    case mail(MailSettings)
    /// Is run with JSON on its standard input.
    case command([String])
}

/// A mail server and who gets mail from it.
package struct MailSettings: Hashable, Sendable {
    package var host: String
    package var port: Int
    /// TLS from the first byte (`smtps://`); otherwise STARTTLS where the server offers it.
    package var isSecure: Bool
    package var tls = TLSClientSettings()
    package var from: String
    package var to: [String]
    /// A file that holds `user:password`.
    package var auth: String?

    package init(host: String, port: Int, isSecure: Bool, from: String, to: [String]) {
        self.host = host
        self.port = port
        self.isSecure = isSecure
        self.from = from
        self.to = to
    }
}
