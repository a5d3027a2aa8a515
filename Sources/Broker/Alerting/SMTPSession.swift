import Foundation

/// A reply of a mail server (RFC 5321 §4.2), all its lines.
///
///     250-mail.example greets you
///     250 STARTTLS
struct SMTPReply: Hashable, Sendable {
    var code: Int
    /// What follows the code, line by line.
    var lines: [String]

    init(code: Int, lines: [String]) {
        self.code = code
        self.lines = lines
    }

    /// Takes a whole reply off the front of a text.
    ///
    /// - Returns: nil until the text has one.
    init?(takenFrom text: inout String) {
        var lines: [String] = []
        var rest = text.unicodeScalars[...]
        while let end = rest.firstIndex(of: "\n") {
            var line = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            if line.unicodeScalars.last == "\r" { line.unicodeScalars.removeLast() }
            lines.append(String(line.dropFirst(4)))
            guard line.dropFirst(3).first != "-" else { continue }
            self.init(code: Int(line.prefix(3)) ?? 0, lines: lines)
            text = String(rest)
            return
        }
        return nil
    }

    func offers(_ keyword: String) -> Bool {
        lines.contains { $0.split(separator: " ").first?.uppercased() == keyword }
    }
}

/// What a mail client says next: a conversation that needs no network.
///
///     greeting → EHLO → [STARTTLS → EHLO] → [AUTH PLAIN] → MAIL FROM → RCPT TO … → DATA → text → QUIT
struct SMTPSession: Sendable {
    enum Action: Hashable, Sendable {
        case send(String)
        /// Begin TLS, then send ``SMTPSession/greetAgain()``.
        case startTLS
        case end
    }

    private enum State {
        case greeting, hello, startTLS, auth, from
        case recipient(Int)
        case data, text, quit
    }

    private let letter: AlertLetter
    /// `user:password`
    private let credentials: String?
    /// A password may go unencrypted: the server is this machine.
    private let mayBePlain: Bool
    private var isSecure: Bool
    private var state = State.greeting

    init(_ letter: AlertLetter, credentials: String?, isSecure: Bool, mayBePlain: Bool) {
        self.letter = letter
        self.credentials = credentials
        self.isSecure = isSecure
        self.mayBePlain = mayBePlain
    }

    /// - Throws: ``TellingError`` with the code, and what it answers, if the server refuses.
    mutating func next(after reply: SMTPReply) throws(TellingError) -> Action {
        switch state {
        case .greeting:
            try require(reply, 220, "the connection")
            state = .hello
            return hello
        case .hello:
            try require(reply, 250, "EHLO")
            if !isSecure, reply.offers("STARTTLS") {
                state = .startTLS
                return .send("STARTTLS\r\n")
            }
            guard let credentials else { return from() }
            guard isSecure || mayBePlain else {
                throw TellingError(description: "the mail server has no TLS, so no password is sent")
            }
            state = .auth
            let pair = credentials.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { throw TellingError(description: "the mail credentials must be user:password") }
            return .send("AUTH PLAIN \(Data("\0\(pair[0])\0\(pair[1])".utf8).base64EncodedString())\r\n")
        case .startTLS:
            try require(reply, 220, "STARTTLS")
            return .startTLS
        case .auth:
            try require(reply, 235, "the credentials")
            return from()
        case .from:
            try require(reply, 250, "the sender")
            state = .recipient(0)
            return .send("RCPT TO:<\(letter.to[0])>\r\n")
        case .recipient(let index):
            guard reply.code == 250 || reply.code == 251 else { throw refusal(reply, "the recipient \(index + 1)") }
            guard index + 1 < letter.to.count else {
                state = .data
                return .send("DATA\r\n")
            }
            state = .recipient(index + 1)
            return .send("RCPT TO:<\(letter.to[index + 1])>\r\n")
        case .data:
            try require(reply, 354, "DATA")
            state = .text
            return .send(letter.text + ".\r\n")
        case .text:
            try require(reply, 250, "the mail")
            state = .quit
            return .send("QUIT\r\n")
        // It has the mail, whatever it says now.
        case .quit: return .end
        }
    }

    /// After TLS has begun the server is asked again what it offers.
    mutating func greetAgain() -> String {
        isSecure = true
        state = .hello
        return "EHLO wardline\r\n"
    }

    private var hello: Action { .send("EHLO wardline\r\n") }

    private mutating func from() -> Action {
        state = .from
        return .send("MAIL FROM:<\(letter.from)>\r\n")
    }

    private func require(_ reply: SMTPReply, _ code: Int, _ what: String) throws(TellingError) {
        guard reply.code == code else { throw refusal(reply, what) }
    }

    private func refusal(_ reply: SMTPReply, _ what: String) -> TellingError {
        TellingError(description: "the mail server refused \(what): \(reply.code)")
    }
}
