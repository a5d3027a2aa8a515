import Foundation
import Interfaces
import NIOCore
import NIOPosix
import NIOSSL

/// Mails alerts: one message an alert, to all addresses.
struct AlertMail: Sendable {
    private let settings: MailSettings
    private static let timeout = Duration.seconds(60)
    private static let replyBytesMax = 64 << 10

    init(_ settings: MailSettings) { self.settings = settings }

    /// - Throws: ``TellingError`` if the server refuses, or does not answer in time.
    func send(_ alert: ToldAlert) async throws {
        let credentials = try settings.auth.map { try Secret.text(of: $0) }
        let tls = try TLSConfiguration.client(settings.tls)
        let context = try NIOSSLContext(configuration: tls)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await deliver(AlertLetter(alert, settings), credentials, context) }
            group.addTask {
                try await Task.sleep(for: Self.timeout)
                throw TellingError(description: "the mail server did not take it within \(Self.timeout)")
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private func deliver(_ letter: AlertLetter, _ credentials: String?, _ tls: NIOSSLContext) async throws {
        let name = settings.tls.serverName ?? settings.host
        let isSecure = settings.isSecure
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: settings.host, port: settings.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if isSecure { try Self.addTLS(tls, name, to: channel.pipeline.syncOperations) }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let host = settings.host
        let isLoopback = BindAddress(host: host, port: 0).isLoopback
        try await connection.executeThenClose { inbound, outbound in
            var session = SMTPSession(
                letter, credentials: credentials, isSecure: isSecure, mayBePlain: isLoopback)
            var text = ""
            for try await buffer in inbound {
                text += String(buffer: buffer)
                guard text.utf8.count <= Self.replyBytesMax else {
                    throw TellingError(description: "the mail server's reply has no end")
                }
                while let reply = SMTPReply(takenFrom: &text) {
                    switch try session.next(after: reply) {
                    case .send(let line): try await outbound.write(ByteBuffer(string: line))
                    case .startTLS:
                        let channel = connection.channel
                        try await channel.eventLoop.submit {
                            try Self.addTLS(tls, name, to: channel.pipeline.syncOperations)
                        }.get()
                        try await outbound.write(ByteBuffer(string: session.greetAgain()))
                    case .end: return
                    }
                }
            }
            throw TellingError(description: "the mail server closed the connection")
        }
    }

    private static func addTLS(
        _ context: NIOSSLContext, _ name: String, to pipeline: ChannelPipeline.SynchronousOperations
    ) throws {
        // An address cannot be asked for by name.
        let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
        try pipeline.addHandler(
            NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : name), position: .first)
    }
}

/// An alert as a mail.
struct AlertLetter: Sendable {
    let from: String
    let to: [String]
    /// With its headers; lines end in CR LF, none begins with a dot.
    let text: String

    init(_ alert: ToldAlert, _ settings: MailSettings) {
        from = settings.from
        to = settings.to
        let about = alert.subject.isEmpty ? alert.broker : alert.subject
        let subject = "[\(alert.broker)] \(alert.severity): \(alert.kind) \(about) \(alert.state)"
        let body = """
            \(alert.kind) \(about): \(alert.text)

            state      \(alert.state) at \(alert.at)
            severity   \(alert.severity)
            opened     \(alert.openedAt)
            broker     \(alert.broker)
            id         \(alert.id)

            wardline alerts
            """
        let host = settings.from.split(separator: "@").last ?? "localhost"
        // Base64 lines have no dots, no bare line ends, and any character may be in the text.
        let encoded = Data(body.utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn,
        ])
        .replacing("\r\n", with: "\r").replacing("\n", with: "\r").replacing("\r", with: "\r\n")
        text = [
            "From: <\(settings.from)>", "To: \(settings.to.map { "<\($0)>" }.joined(separator: ", "))",
            "Subject: \(Self.header(subject))", "Date: \(Self.date())",
            "Message-ID: <\(UUID().uuidString)@\(host)>", "Auto-Submitted: auto-generated", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "", encoded, "",
        ].joined(separator: "\r\n")
    }

    /// Printable ASCII only, and not longer than a line may be.
    private static func header(_ text: String) -> String {
        String(text.unicodeScalars.map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" }.prefix(200))
    }

    /// RFC 5322: `Thu, 05 Mar 2026 10:15:00 +0000`
    private static func date() -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = .gmt
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
        return formatter.string(from: Date())
    }
}
