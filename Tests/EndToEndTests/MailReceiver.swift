import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// A mail server of a test: offers TLS and asks for a password, and keeps what it is sent.
final class MailReceiver: Sendable {
    struct Mail: Sendable {
        var from = ""
        var to: [String] = []
        var text = ""
        /// What was given as AUTH PLAIN.
        var credentials = ""
        /// The conversation was encrypted when the mail was sent.
        var isSecure = false
    }

    let (arrivals, arrived) = AsyncStream.makeStream(of: Mail.self)
    let tls: NIOSSLContext

    init(certificate: String, key: String) throws {
        tls = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))))
    }

    /// Serves on a free port while the body runs.
    func run(_ body: (Int) async throws -> Void) async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(MailHandler(receiver: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do { try await body(channel.localAddress?.port ?? 0) } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
    }
}

private final class MailHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let receiver: MailReceiver
    private var text = ""
    private var mail = MailReceiver.Mail()
    private var isSecure = false
    private var isReadingMail = false

    init(receiver: MailReceiver) { self.receiver = receiver }

    func channelActive(context: ChannelHandlerContext) { say("220 mail.example", context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        while let end = text.range(of: "\r\n") {
            let line = String(text[..<end.lowerBound])
            text = String(text[end.upperBound...])
            take(line, context)
        }
    }

    private func take(_ line: String, _ context: ChannelHandlerContext) {
        if isReadingMail {
            guard line == "." else {
                mail.text += line + "\r\n"
                return
            }
            isReadingMail = false
            mail.isSecure = isSecure
            receiver.arrived.yield(mail)
            return say("250 taken", context)
        }
        switch line.prefix(4).uppercased() {
        case "EHLO": say(isSecure ? "250-mail.example\r\n250 AUTH PLAIN" : "250-mail.example\r\n250 STARTTLS", context)
        case "STAR":
            say("220 go ahead", context)
            isSecure = true
            // What follows is a handshake.
            try? context.pipeline.syncOperations.addHandler(
                NIOSSLServerHandler(context: receiver.tls), position: .first)
        case "AUTH":
            mail.credentials = String(line.dropFirst("AUTH PLAIN ".count))
            say("235 welcome", context)
        case "MAIL":
            mail.from = line
            say("250 ok", context)
        case "RCPT":
            mail.to.append(line)
            say("250 ok", context)
        case "DATA":
            isReadingMail = true
            say("354 go on", context)
        default:
            say("221 bye", context)
            context.close(promise: nil)
        }
    }

    private func say(_ line: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: line + "\r\n")), promise: nil)
    }
}
