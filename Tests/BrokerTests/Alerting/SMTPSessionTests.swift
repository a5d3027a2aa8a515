import Foundation
import Interfaces
import Testing

@testable import Broker

struct SMTPSessionTests {
    private static func letter(to: [String] = ["a@b.example", "c@d.example"]) -> AlertLetter {
        let alert = Alert(
            id: AlertID(.queueDepth, "clinic.inbox"), level: 0, severity: .warning, text: "1200 wait … .", openedAt: 0)
        return AlertLetter(
            ToldAlert(AlertNotice(.opened, alert, at: 1_772_690_400_000_000), broker: "riverside"),
            MailSettings(host: "mail.example", port: 25, isSecure: false, from: "w@h.example", to: to))
    }

    /// What is said to replies, one after the other; of the mail only that it was sent.
    private func talk(
        _ replies: [String], credentials: String? = nil, isSecure: Bool = false, mayBePlain: Bool = false
    ) throws -> [String] {
        let letter = Self.letter()
        var session = SMTPSession(letter, credentials: credentials, isSecure: isSecure, mayBePlain: mayBePlain)
        var said: [String] = []
        for reply in replies {
            var text = reply
            switch try session.next(after: try #require(SMTPReply(takenFrom: &text))) {
            case .send(let line): said.append(line == letter.text + ".\r\n" ? "(mail)" : line.trimmed)
            case .startTLS: said.append(session.greetAgain().trimmed)
            case .end: said.append("(end)")
            }
        }
        return said
    }

    @Test func `a mail goes to every address, and the connection is ended in order`() throws {
        let said = try talk([
            "220 mail.example\r\n", "250-mail.example\r\n250 8BITMIME\r\n", "250 ok\r\n", "250 ok\r\n", "251 ok\r\n",
            "354 go\r\n", "250 taken\r\n", "221 bye\r\n",
        ])
        #expect(
            said == [
                "EHLO wardline", "MAIL FROM:<w@h.example>", "RCPT TO:<a@b.example>", "RCPT TO:<c@d.example>", "DATA",
                "(mail)", "QUIT", "(end)",
            ])
    }

    @Test func `TLS is begun where it is offered, and only then the password is sent`() throws {
        let said = try talk(
            [
                "220 x\r\n", "250-x\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n", "220 go\r\n",
                "250-x\r\n250 AUTH PLAIN\r\n", "235 ok\r\n",
            ], credentials: "user:pass:word")
        let plain = Data("\0user\0pass:word".utf8).base64EncodedString()
        #expect(
            said == ["EHLO wardline", "STARTTLS", "EHLO wardline", "AUTH PLAIN \(plain)", "MAIL FROM:<w@h.example>"])
    }

    @Test func `without TLS no password leaves this machine`() throws {
        #expect(throws: TellingError.self) {
            try talk(["220 x\r\n", "250 x\r\n"], credentials: "user:password")
        }
        #expect(try talk(["220 x\r\n", "250 x\r\n"], credentials: "user:password", mayBePlain: true).count == 2)
    }

    @Test(arguments: [
        ["554 no\r\n"], ["220 x\r\n", "502 no\r\n"], ["220 x\r\n", "250 x\r\n", "550 no\r\n"],
        ["220 x\r\n", "250 x\r\n", "250 ok\r\n", "550 no such\r\n"],
        ["220 x\r\n", "250 x\r\n", "250 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "452 full\r\n"],
        ["nonsense\r\n"],
    ])
    func `a refusal at any step is an error`(replies: [String]) {
        #expect(throws: TellingError.self) { try talk(replies) }
    }

    @Test func `a reply is taken once all its lines are there, however it comes`() throws {
        var text = ""
        var replies: [SMTPReply] = []
        for character in "250-one\r\n250-two\r\n250 three\r\n221 bye\r\n".unicodeScalars {
            text.unicodeScalars.append(character)
            while let reply = SMTPReply(takenFrom: &text) { replies.append(reply) }
        }
        #expect(
            replies == [SMTPReply(code: 250, lines: ["one", "two", "three"]), SMTPReply(code: 221, lines: ["bye"])])
        #expect(text.isEmpty)
    }

    @Test func `no line of a mail can end it, and its text is what was to be said`() throws {
        let text = Self.letter().text
        #expect(text.hasSuffix("\r\n"))
        #expect(!text.replacing("\r\n", with: "").contains { $0 == "\r" || $0 == "\n" || $0 == "\r\n" })
        let lines = text.components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { !$0.hasPrefix(".") && $0.utf8.count <= 998 })
        #expect(lines.contains("Subject: [riverside] warning: queueDepth clinic.inbox opened"))
        let blank = try #require(lines.firstIndex(of: ""))
        let body = try #require(Data(base64Encoded: lines[(blank + 1)...].joined()))
        #expect(String(decoding: body, as: UTF8.self).contains("queueDepth clinic.inbox: 1200 wait … ."))
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .newlines) }
}
