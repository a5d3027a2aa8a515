import Auditing
import Testing

@testable import Journaling

/// Answers of ours, answers to what we sent, and queries; run against each journal.
@Suite struct JournalAnswerTests {
    private func answer(_ id: String, to parent: NewEntry.Parent, endpoint: String? = "hospital.acks") -> NewEntry {
        let deliveries = endpoint.map {
            [NewDelivery(endpoint: $0, route: "acknowledgement", configuration: [9])]
        }
        return .sample(id, body: "ACK \(id)", disposition: .answer, parent: parent, deliveries: deliveries ?? [])
    }

    private func response(_ id: String, to answered: String, provider: String?) -> NewEntry {
        var entry = NewEntry.sample(id, body: "ORL \(id)")
        entry.answersControlId = answered
        entry.provider = provider
        entry.sender = "laboratory"
        entry.event.text = "AE"
        return entry
    }

    // MARK: Answers of ours

    @Test(arguments: JournalKind.allCases)
    func `an answer is stored with its message, its bytes and its delivery`(kind: JournalKind) async throws {
        try await kind.with { journal in
            let results = try await journal.append([.sample("M1"), answer("A1", to: .index(0))])
            #expect(
                results == [.stored(seq: 1, reusedControlId: false), .stored(seq: 2, reusedControlId: false)])
            let entry = try #require(try await journal.entry(2))
            #expect(entry.disposition == .answer && entry.routing == .exempt && entry.parent == 1)
            #expect(entry.deliveryCount == 1)
            #expect(try await journal.body(2) == Array("ACK A1".utf8))
            #expect(try await journal.delivery(2, endpoint: "hospital.acks")?.state == .queued)
            #expect(try await journal.unrouted(after: 0, limit: 10).map(\.seq) == [1])
            try await journal.settle(.sample(2, "hospital.acks"))
            let ledger = try await journal.ledger(from: nil, to: nil)
            #expect(ledger.isBalanced && ledger.messages == 1 && ledger.answers == 1 && ledger.delivered == 1)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `a duplicate stores the answer to the first once more, a refused control id none`(kind: JournalKind)
        async throws
    {
        try await kind.with { journal in
            try await journal.store(.sample("M1"))
            let again = try await journal.append([.sample("M1"), answer("A1", to: .index(0))])
            #expect(again.map(\.seq) == [1, 2])
            #expect(try await journal.entry(2)?.parent == 1)
            let other = NewEntry.sample("M1", body: "other", reuse: .refuse)
            let refused = try await journal.append([other, answer("A2", to: .index(0))])
            #expect(refused == [.refusedReuse(seq: 3), .refusedReuse(seq: 3)])
            #expect(try await journal.lastSeq() == 3)
            let ledger = try await journal.ledger(from: nil, to: nil)
            #expect(ledger.isBalanced && ledger.answers == 1 && ledger.duplicate == 1 && ledger.refused == 1)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `only an answer or an entry sent again, edited or not, has deliveries of its own`(kind: JournalKind)
        async throws
    {
        try await kind.with { journal in
            let delivery = NewDelivery(endpoint: "a.b", route: "", configuration: [])
            for disposition in Disposition.allCases where ![.answer, .resent, .edited].contains(disposition) {
                await #expect(throws: JournalError.self) {
                    try await journal.append([.sample(disposition: disposition, deliveries: [delivery])])
                }
            }
            let last = try await journal.lastSeq()
            #expect(last == 0)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `a query is counted apart, and its response is an answer without a delivery`(kind: JournalKind) async throws {
        try await kind.with { journal in
            try await journal.store(.sample("Q1", disposition: .query))
            var response = answer("R1", to: .entry(1), endpoint: nil)
            response.moreEvents = [AuditEvent(.queryAnswered, at: start, seq: 1)]
            try await journal.store(response)
            #expect(try await journal.events(of: 1).map(\.kind) == [.messageReceived, .queryAnswered])
            #expect(try await journal.unrouted(after: 0, limit: 10).isEmpty)
            // Asked again is asked again: a query is no duplicate.
            #expect(
                try await journal.append([.sample("Q1", disposition: .query)])
                    == [.stored(seq: 3, reusedControlId: false)])
            let ledger = try await journal.ledger(from: nil, to: nil)
            #expect(ledger.isBalanced && ledger.queries == 2 && ledger.answers == 1 && ledger.messages == 2)
        }
    }

    // MARK: Answers to what we sent

    @Test(arguments: JournalKind.allCases)
    func `an answer to a message that was sent is an acknowledgement, and both have the event`(kind: JournalKind)
        async throws
    {
        try await kind.with { journal in
            try await journal.store(.sample("M1"))
            try await journal.commit([.sample(1, to: ["laboratory.inbox"])])
            let result = try await journal.append([response("R1", to: "M1", provider: "laboratory")])
            #expect(result == [.acknowledgement(seq: 2, of: 1)])
            let entry = try #require(try await journal.entry(2))
            #expect(entry.disposition == .acknowledgement && entry.routing == .exempt && entry.parent == nil)
            let events = try await journal.events(of: 1).suffix(1) + journal.events(of: 2)
            #expect(events.allSatisfy { $0.kind == .acknowledgementReceived })
            #expect(events.map(\.text) == ["AE: the answer is entry 2", "AE: the answer to entry 1"])
            #expect(try await journal.unrouted(after: 0, limit: 10).isEmpty)
            let ledger = try await journal.ledger(from: nil, to: nil)
            #expect(ledger.isBalanced && ledger.acknowledgement == 1)
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `an answer counts only for what was sent to its provider`(kind: JournalKind) async throws {
        try await kind.with { journal in
            try await journal.store(.sample("M1"))
            #expect(
                try await journal.append([response("R1", to: "M1", provider: "laboratory")])
                    == [.stored(seq: 2, reusedControlId: false)])
            try await journal.commit([.sample(1, to: ["laboratory2.inbox", "laboratory-x.inbox"])])
            for (index, provider) in ["laboratory", "lab", "laboratory2.inbox", "inbox"].enumerated() {
                #expect(
                    try await journal.append([response("R2-\(index)", to: "M1", provider: provider)])
                        == [.stored(seq: Int64(3 + index), reusedControlId: false)])
            }
            #expect(
                try await journal.append([response("R3", to: "M1", provider: "laboratory2")])
                    == [.acknowledgement(seq: 7, of: 1)])
            // Whose it is, is not known: then it counts for anybody.
            #expect(
                try await journal.append([response("R4", to: "M1", provider: nil)])
                    == [.acknowledgement(seq: 8, of: 1)])
            #expect(
                try await journal.append([response("R5", to: "", provider: nil)])
                    == [.stored(seq: 9, reusedControlId: false)])
        }
    }

    @Test(arguments: JournalKind.allCases)
    func `of several messages with one control id the newest is answered`(kind: JournalKind) async throws {
        try await kind.with { journal in
            for (number, sender) in ["a", "b", "c"].enumerated() {
                try await journal.store(.sample("M1", body: sender, sender: sender))
                if number < 2 { try await journal.commit([.sample(Int64(number + 1), to: ["laboratory.inbox"])]) }
            }
            #expect(
                try await journal.append([response("R1", to: "M1", provider: "laboratory")])
                    == [.acknowledgement(seq: 4, of: 2)])
        }
    }
}
