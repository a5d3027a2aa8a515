import Auditing
import Interfaces
import Testing

@testable import Broker

struct AlertBookTests {
    private let queue = AlertID(.queueDepth, "clinic.inbox")
    private let second: Int64 = 1_000_000

    /// Applies what readings change, and gives what people are told.
    private func step(_ book: inout AlertBook, _ readings: [AlertReading], at now: Int64) -> [String] {
        var notices: [AlertNotice] = []
        for change in book.changes(for: readings, at: now) {
            if let notice = book.apply(change) { notices.append(notice) }
        }
        notices += book.takeNotices(at: now)
        return notices.map { "\($0.state) \($0.severity)" }
    }

    @Test func `an alert is told when it opens and when it is over, once each`() {
        var book = AlertBook()
        let readings = [AlertReading(queue, "deep")]
        #expect(step(&book, readings, at: 1) == ["opened warning"])
        #expect(step(&book, readings, at: 2) == [])
        #expect(step(&book, [], at: 3) == ["closed warning"])
        #expect(step(&book, [], at: 4) == [])
    }

    @Test func `what gets more serious is told again, and nobody has it in hand any more`() {
        var book = AlertBook()
        let id = AlertID(.certificates, "broker.pem")
        #expect(step(&book, [AlertReading(id, level: 0, "30 days")], at: 1) == ["opened notice"])
        book.apply(AlertChange(id, .acknowledged(reason: "ordered"), at: 2, actor: "ada"))
        #expect(book.open[id]?.acknowledged?.actor == "ada")
        #expect(step(&book, [AlertReading(id, level: 3, "1 day")], at: 3) == ["raised critical"])
        #expect(book.open[id]?.acknowledged == nil)
        // It does not become less serious while it is open.
        #expect(step(&book, [AlertReading(id, level: 1, "14 days")], at: 4) == [])
        #expect(book.open[id]?.severity == .critical)
    }

    @Test func `a silenced alert is told when the silence is over, if it is still open then`() {
        var book = AlertBook()
        let readings = [AlertReading(queue, "deep")]
        book.apply(AlertChange(queue, .silenced(until: 10 * second, reason: "night"), at: 0, actor: "ada"))
        #expect(step(&book, readings, at: 1 * second) == [])
        // What came and went meanwhile nobody hears of.
        #expect(step(&book, [], at: 2 * second) == [])
        #expect(step(&book, readings, at: 3 * second) == [])
        #expect(step(&book, readings, at: 10 * second) == ["opened warning"])
        #expect(step(&book, [], at: 11 * second) == ["closed warning"])
    }

    @Test func `a silence ends when a time is set that has passed`() {
        var book = AlertBook()
        book.apply(AlertChange(queue, .silenced(until: 10 * second, reason: "night"), at: 0, actor: "ada"))
        book.apply(AlertChange(queue, .silenced(until: second, reason: "woken"), at: second, actor: "ada"))
        #expect(step(&book, [AlertReading(queue, "deep")], at: 2 * second) == ["opened warning"])
    }

    @Test func `changes applied twice are applied once`() {
        var (once, twice) = (AlertBook(), AlertBook())
        let changes = [
            AlertChange(queue, .opened(level: 0, text: "deep"), at: 1),
            AlertChange(queue, .acknowledged(reason: "mine"), at: 2, actor: "ada"),
            AlertChange(AlertID(.audit), .opened(level: 0, text: "damaged"), at: 3),
            AlertChange(queue, .closed, at: 4),
        ]
        for change in changes {
            once.apply(change)
            twice.apply(change)
            twice.apply(change)
        }
        #expect(once == twice)
        #expect(once.open.keys.map(\.description) == ["audit:"])
    }

    static let changes = [
        AlertChange(AlertID(.queueDepth, "clinic.inbox"), .opened(level: 0, text: "1000 wait: too many"), at: 1),
        AlertChange(AlertID(.certificates, "/a b/ä: c.pem"), .raised(level: 2, text: "expires in 6 days"), at: 2),
        AlertChange(AlertID(.silence, "hospital"), .closed, at: 3),
        AlertChange(AlertID(.backupAge), .closed, at: 4),
        AlertChange(AlertID(.disk), .acknowledged(reason: "ordered: two disks"), at: 5, actor: "ada"),
        AlertChange(
            AlertID(.audit), .silenced(until: 1_772_690_400_000_000, reason: "until six: night"), at: 6, actor: "uid:0"),
    ]

    @Test(arguments: changes) func `a change is read back from its audit event`(change: AlertChange) throws {
        let event = try AuditEvent(decoding: change.event.encoded())
        #expect(AlertChange(event) == change)
    }

    @Test(arguments: ["", "queueDepth", "nothing:clinic.inbox", "disk:=", "disk:=Z1", "disk:=FF"])
    func `a text that is no id of an alert is none`(text: String) { #expect(AlertID(text) == nil) }
}
