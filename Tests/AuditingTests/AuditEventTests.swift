import Testing

@testable import Auditing

@Suite struct AuditEventTests {
    private var full: AuditEvent {
        var event = AuditEvent(
            .deliverySent, at: 1_700_000_000_000_000, actor: "uid:1000", seq: 3, provider: "general-hospital",
            listener: "hospitals", endpoint: "clinic.inbox", route: "admissions", type: "ADT^A01",
            controlId: "MSG\"1\\", patients: [0x0123_4567_89AB_CDEF, 1], attempt: 2, milliseconds: 12,
            text: "line\u{1}\n é 🩺")
        event.number = 7
        return event
    }

    @Test func `the stored form is one line with keys in a fixed order`() {
        let text = String(decoding: full.encoded(), as: UTF8.self)
        #expect(
            text == #"{"n":7,"at":1700000000000000,"kind":"delivery.sent","actor":"uid:1000","seq":3,"#
                + #""provider":"general-hospital","listener":"hospitals","endpoint":"clinic.inbox","#
                + #""route":"admissions","type":"ADT^A01","controlId":"MSG\"1\\","#
                + #""patients":["0123456789abcdef","0000000000000001"],"attempt":2,"ms":12,"#
                + #""text":"line\u0001\u000a é 🩺"}"#)
    }

    @Test func `the stored form reads back as the same event`() throws {
        #expect(try AuditEvent(decoding: full.encoded()) == full)
        let short = AuditEvent(.brokerStarted, at: -1)
        #expect(try AuditEvent(decoding: short.encoded()) == short)
    }

    @Test func `escapes and spaces of other writers are understood`() throws {
        let line = #" { "n" : 1, "at":2,"kind":"a.b","actor":"\u00e9\ud83e\ude7a\/\n", "later": ["x"] } "#
        let event = try AuditEvent(decoding: Array(line.utf8))
        #expect(event.actor == "é🩺/\n")
        #expect(event.kind == "a.b")
    }

    @Test(arguments: [
        "", "{", "[]", #"{"n":1}"#, #"{"n":1,"at":2,"kind":"a","actor":"b"} x"#,
        #"{"n":1,"n":1,"at":2,"kind":"a","actor":"b"}"#, #"{"n":"1","at":2,"kind":"a","actor":"b"}"#,
        #"{"n":1,"at":2,"kind":"a","actor":"\ud800"}"#, #"{"n":1,"at":2,"kind":"a","actor":"b}"#,
    ])
    func `what is not an event is refused`(line: String) {
        #expect(throws: AuditError.self) { try AuditEvent(decoding: Array(line.utf8)) }
    }
}
