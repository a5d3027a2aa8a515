import Auditing
import Journaling
import Testing

@testable import Broker

@Suite(.timeLimit(.minutes(1))) struct TailFeedTests {
    private func collect(_ feed: TailFeed, _ count: Int = .max) async throws -> [AuditEvent] {
        var events: [AuditEvent] = []
        for try await page in feed {
            events += page.events
            if events.count >= count { break }
        }
        return events
    }

    @Test func `a tail gives every event once, in order, across pages, and goes on from a number`() async throws {
        try await withBroker(try TestFolder.configuration()) { test in
            try await test.send((1...300).map { Sample.admission("M\($0)") })
            try await test.eventually("all routed") { try await test.journal.entry(300)?.routing == .routed }
            let all = try await collect(TailFeed(broker: test.broker, after: 0, follows: false))
            #expect(all.count > 600)
            #expect(all.map(\.number) == (1...Int64(all.count)).map { $0 })
            let rest = try await collect(TailFeed(broker: test.broker, after: 590, follows: false))
            #expect(rest.first?.number == 591)
        }
    }

    @Test func `a tail that follows gets what happens after it began`() async throws {
        try await withBroker(try TestFolder.configuration()) { test in
            let feed = TailFeed(
                broker: test.broker, after: try await test.journal.lastEventNumber(),
                filter: TailFilter(state: "queued"))
            async let followed = collect(feed, 5)
            try await test.send((1...5).map { Sample.admission("M\($0)") })
            #expect(try await followed.compactMap(\.controlId) == (1...5).map { "M\($0)" })
        }
    }

    @Test func `a tail says that it is there when nothing happens, and when somebody may see less`() async throws {
        try await withBroker(try TestFolder.configuration()) { test in
            let last = try await test.journal.lastEventNumber()
            var quiet = TailFeed(broker: test.broker, after: last, quietMax: .milliseconds(1)).makeAsyncIterator()
            let empty = try #require(try await quiet.next())
            #expect(empty.events.isEmpty && empty.last == last)
            var long = TailFeed(broker: test.broker, after: last, quietMax: .seconds(3_600)).makeAsyncIterator()
            test.broker.accessDidChange()
            #expect(try await long.next()?.events.isEmpty == true)
        }
    }

    @Test func `events that nobody wants move a reader on`() async throws {
        try await withBroker(try TestFolder.configuration()) { test in
            try await test.send((1...5).map { Sample.admission("M\($0)") })
            var feed = TailFeed(
                broker: test.broker, after: 0, filter: TailFilter(seq: 99), quietMax: .milliseconds(1)
            ).makeAsyncIterator()
            let page = try #require(try await feed.next())
            #expect(page.events.isEmpty && page.last > 5)
        }
    }

    private var event: AuditEvent {
        AuditEvent(
            .deliverySent, at: 0, seq: 7, provider: "hospital", endpoint: "clinic.inbox", route: "all", type: "ADT^A01")
    }

    @Test(arguments: [
        (TailFilter(), true), (TailFilter(provider: "hospital"), true), (TailFilter(provider: "clinic"), true),
        (TailFilter(provider: "clin"), false), (TailFilter(provider: "inbox"), false), (TailFilter(route: "all"), true),
        (TailFilter(route: "al"), false), (TailFilter(type: "ADT"), true), (TailFilter(type: "ADT^A01"), true),
        (TailFilter(type: "ADT^A0"), false), (TailFilter(type: "AD"), false), (TailFilter(state: "delivered"), true),
        (TailFilter(state: "held"), false), (TailFilter(seq: 7), true), (TailFilter(seq: 8), false),
        (TailFilter(provider: "hospital", state: "held"), false),
    ])
    func `a filter wants all of what it names`(filter: TailFilter, matches: Bool) {
        #expect(filter.matches(event) == matches)
    }

    @Test(arguments: [
        (AuditEvent.Kind.messageReceived, "received", "accepted"), (.senderMismatch, "received", "refused"),
        (.messageRouted, "routed", "queued"), (.deliveryRetry, "delivery", "retry"),
        (.deliverySkipped, "control", "skipped"), (.brokerStarted, "broker", "started"), ("new.kind", "new", "kind"),
    ])
    func `every event is a step with a state`(kind: AuditEvent.Kind, step: String, state: String) {
        let found = RoutingStep(AuditEvent(kind, at: 0))
        #expect(found.step == step && found.state == state)
    }

    @Test(arguments: [
        (AuditEvent.Kind.messageReceived, true), (.messageRouted, true), (.deliverySent, true), (.deliveryHeld, true),
        (.endpointPaused, true), (.patientRead, false), ("account.changed", false), ("find.asked", false),
    ])
    func `only what became of messages is routing`(kind: AuditEvent.Kind, isRouting: Bool) {
        #expect(TailFilter(isRoutingOnly: true).matches(AuditEvent(kind, at: 0)) == isRouting)
    }
}
