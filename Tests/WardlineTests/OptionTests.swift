import Testing

@testable import wardline

struct OptionTests {
    @Test(arguments: [
        ("127.0.0.1:2575", "127.0.0.1", 2_575), ("localhost:0", "localhost", 0), ("[::1]:99", "::1", 99),
        ("h.example:65535", "h.example", 65_535),
    ])
    func `a host and port are read and written`(text: String, host: String, port: Int) throws {
        let place = try #require(HostPort(argument: text))
        #expect(place == HostPort(host: host, port: port))
        #expect(place.description == text)
    }

    @Test(arguments: ["", "2575", ":2575", "h:", "h:x", "h:65536", "h:-1", "a/b:1", "a b:1"])
    func `what is no host and port is refused`(text: String) {
        #expect(HostPort(argument: text) == nil)
    }

    @Test(arguments: [("mllp://h:1", false), ("mllps://h:1", true), ("mllps://h:1/", true)])
    func `an address says whether TLS is spoken`(text: String, isTLS: Bool) throws {
        let address = try #require(MLLPAddress(argument: text))
        #expect(address.isTLS == isTLS)
        #expect(address.place == HostPort(host: "h", port: 1))
    }

    @Test(arguments: ["h:1", "http://h:1", "mllp://h", "mllp://h:0", "mllp://h:1/x"])
    func `what is no MLLP address is refused`(text: String) {
        #expect(MLLPAddress(argument: text) == nil)
    }

    @Test(arguments: [
        ("200ms", Duration.milliseconds(200)), ("1s", .seconds(1)), ("1.5s", .milliseconds(1_500)),
        ("2m", .seconds(120)), ("1h", .seconds(3_600)),
        ("3", .seconds(3)), ("0s", .zero),
    ])
    func `a length of time is read`(text: String, duration: Duration) {
        #expect(TimeSpan(argument: text)?.duration == duration)
    }

    @Test(arguments: ["", "s", "-1s", "1y", "ms", "nan", "1e99s"])
    func `what is no length of time is refused`(text: String) {
        #expect(TimeSpan(argument: text) == nil)
    }

    @Test(arguments: [
        ("2024-03-05T10:15:00Z", Int64(1_709_633_700_000_000)), ("2024-03-05T11:15:00+01:00", 1_709_633_700_000_000),
        ("2024-03-05T10:15:00.250Z", 1_709_633_700_250_000),
        ("20240305101500+0000", 1_709_633_700_000_000), ("20240305111500.5+0100", 1_709_633_700_500_000),
        ("20240305", 1_709_596_800_000_000),
    ])
    func `a receive time is read as FHIR or HL7 writes it`(text: String, microseconds: Int64) {
        #expect(MapCommand.microseconds(text) == microseconds)
    }

    @Test func `what is no receive time is refused`() {
        for text in ["", "yesterday", "2024", "20241305", "2024-13-05T00:00:00Z"] {
            #expect(MapCommand.microseconds(text) == nil)
        }
    }
}

struct MessageFilesTests {
    private func items(_ text: String) -> [String] {
        MessageFiles.items(file: "f", bytes: Array(text.utf8)).map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test func `a file holds one message, many, or a batch`() {
        #expect(items("MSH|^~\\&|A\r") == ["MSH|^~\\&|A\r"])
        #expect(items("MSH|^~\\&|A\nMSH|^~\\&|B\n") == ["MSH|^~\\&|A\n", "MSH|^~\\&|B\n"])
        #expect(items("BHS|^~\\&|\rMSH|^~\\&|A\rBTS|1\r") == ["MSH|^~\\&|A\r"])
        #expect(items("BHS|^~\\&|\rBTS|0\r").isEmpty)
    }

    @Test func `what can be no message is one that cannot be read`() {
        #expect(items("PID|1\r") == ["PID|1\r"])
        #expect(items("") == [""])
        #expect(items("hello\rMSH|^~\\&|A\r") == ["hello\r", "MSH|^~\\&|A\r"])
        #expect(items("\r\n\r\nMSH|^~\\&|A\r") == ["MSH|^~\\&|A\r"])
    }

    @Test func `the first message of a batch file brings what stands around it`() {
        let text = "BHS|^~\\&|A\rMSH|^~\\&|A\rMSH|^~\\&|B\rBTS|3\r"
        let items = MessageFiles.items(file: "f", bytes: Array(text.utf8))
        #expect(items.map { $0.batch != nil } == [true, false])
        #expect(items[0].batch?.envelope.map { String(decoding: $0, as: UTF8.self) } == ["BHS|^~\\&|A", "BTS|3"])
        let lines = JudgedText(width: 80, isColoured: false)
            .lines(MessageFiles.BatchFile(bytes: Array(text.utf8)), file: "f", items[0].batch?.findings(nil) ?? [])
        #expect(lines.first == "f  batch file with BHS, BTS")
        #expect(lines.dropFirst().first?.contains("BTS-1") == true)
    }

    @Test(arguments: [
        ("", "it is empty"), (" \r\n", "it is empty"), ("\u{B}MSH|", "it begins with the MLLP start byte"),
        ("<x/>", "it looks like XML"), (" {}", "it looks like JSON"), ("a\0b", "it is binary"),
    ])
    func `what is no message is guessed at`(text: String, guess: String) {
        #expect(MessageFiles.guess(Array(text.utf8)).hasPrefix(guess))
    }

    @Test func `what has no mark of anything is not guessed at`() {
        #expect(MessageFiles.guess(Array("hello".utf8)) == "")
    }

    @Test func `messages are counted from one`() {
        let items = MessageFiles.items(file: "f", bytes: Array("MSH|^~\\&|A\rMSH|^~\\&|B\r".utf8))
        #expect(items.map(\.index) == [1, 2])
        #expect(items.map(\.file) == ["f", "f"])
    }
}
