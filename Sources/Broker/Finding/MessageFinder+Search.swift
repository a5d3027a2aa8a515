package import Auditing
package import Journaling

extension MessageFinder {
    /// What a search found.
    package struct Result: Sendable {
        /// Newest first.
        package var messages: [(entry: JournalEntry, deliveries: [Delivery])] = []
        /// ``FindQuery/before`` to go on with; nil: there is nothing older.
        package var next: Int64?
        /// The newest messages that keys do not find yet.
        package var lag: Int64 = 0
        /// Messages looked at.
        package var scanned = 0
    }

    package struct Unavailable: Error, CustomStringConvertible {
        package let description = "the search index is being made anew; try again in a moment"
    }

    /// Messages that one search looks at before it says how far it came.
    private static let scannedMax = 20_000
    private static let page = 200
    /// Messages with one control id, or waiting in one state, that a search looks at.
    private static let listMax = 10_000

    /// - Parameter actor: who searches. A search by what is a patient's is an audit event that says by what, not for what.
    @concurrent
    package func find(_ query: FindQuery, actor: String) async throws -> Result {
        guard let store = current else { throw Unavailable() }
        // The place before the search: what is indexed meanwhile may not have been seen.
        let place = store.place.seq
        var result = try await search(query, store)
        result.lag = max(0, try await broker.journal.lastSeq() - place)
        try await audit(query, found: result.messages.count, actor)
        return result
    }

    /// How many of the newest messages the index does not have yet; nil while there is none.
    package func lag() async throws -> Int64? {
        guard let store = current else { return nil }
        let place = store.place.seq
        return max(0, try await broker.journal.lastSeq() - place)
    }

    private func audit(_ query: FindQuery, found: Int, _ actor: String) async throws {
        let fields = query.patientFields
        guard !fields.isEmpty else { return }
        let reference = query.patientReference(secret: broker.journal.laneSecret)
        try await broker.journal.record([
            AuditEvent(
                .patientSearched, at: broker.clock.now(), actor: actor, patients: reference.map { [$0] } ?? [],
                text: "by \(fields.joined(separator: ", ")): \(found) found")
        ])
        broker.events.fire()
    }

    private func search(_ query: FindQuery, _ store: FindStore) async throws -> Result {
        var result = Result()
        let last = try await broker.journal.lastSeq()
        var upper = min(last, (query.before ?? .max) - 1)
        // What is no longer kept is not looked for.
        guard let first = try await broker.journal.entries(after: 0, limit: 1).first else { return result }
        var lower = first.seq
        if query.from != nil || query.to != nil {
            let place = store.place.seq
            let seqs = try await store.seqs(from: query.from, to: query.to)
            // What is not in the index may be of that time too.
            lower = max(lower, seqs?.lowerBound ?? place + 1)
            if place == last { upper = min(upper, seqs?.upperBound ?? 0) }
        }
        let keys = query.keys(secret: broker.journal.laneSecret)
        let lists = try await lists(query, upper, store)
        for list in lists where list.isCut { lower = max(lower, list.seqs.first ?? 1) }
        while lower <= upper {
            let found: FindStore.Found
            if keys.isEmpty, lists.isEmpty {
                let start = max(lower, upper - Int64(Self.page) + 1)
                let stored = try await window(start - 1, upper, withBytes: query.text != nil)
                for candidate in stored.reversed() {
                    if try await add(candidate, query, &result) { return result }
                }
                found = FindStore.Found(next: start > lower ? start - 1 : nil)
            } else {
                found = try await store.newest(
                    keys: keys, lists: lists.map(\.seqs), in: lower...upper, limit: Self.page)
                for seq in found.seqs {
                    guard let entry = try await broker.journal.entry(seq) else { continue }
                    let body = query.text == nil ? nil : try await broker.journal.body(seq)
                    if try await add(StoredEntry(entry: entry, body: body), query, &result) { return result }
                }
            }
            guard let next = found.next else { break }
            upper = next
            if result.scanned >= Self.scannedMax, lower <= upper {
                result.next = upper + 1
                return result
            }
            try Task.checkCancellation()
        }
        // Of a list that was cut there is more below.
        if lists.contains(where: \.isCut) { result.next = lower }
        return result
    }

    /// Takes a candidate if all of the query applies to it.
    ///
    /// - Returns: true when there are as many as were asked for.
    private func add(_ candidate: StoredEntry, _ query: FindQuery, _ result: inout Result) async throws -> Bool {
        result.scanned += 1
        let entry = candidate.entry
        guard query.matches(entry) else { return false }
        if let text = query.text {
            guard let body = candidate.body, TextSearch(text).isFound(in: body) else { return false }
        }
        let deliveries = try await broker.journal.deliveries(of: entry.seq)
        if let state = query.state, !state.matches(entry, deliveries) { return false }
        result.messages.append((entry, deliveries))
        if result.messages.count == query.limit, entry.seq > 1 {
            result.next = entry.seq
            return true
        }
        return false
    }

    private func window(_ after: Int64, _ last: Int64, withBytes: Bool) async throws -> [StoredEntry] {
        let count = Int(last - after)
        guard withBytes else {
            return try await broker.journal.entries(after: after, limit: count).filter { $0.seq <= last }
                .map { StoredEntry(entry: $0, body: nil) }
        }
        var stored: [StoredEntry] = []
        while (stored.last?.entry.seq ?? after) < last {
            let part = try await broker.journal.stored(
                after: stored.last?.entry.seq ?? after, limit: count - stored.count)
            if part.isEmpty { break }
            stored += part
        }
        return stored.filter { $0.entry.seq <= last }
    }

    // MARK: Lists

    private struct List {
        /// Ascending.
        var seqs: [Int64]
        /// There are older ones.
        var isCut: Bool
    }

    /// What the journal knows better than the index: control ids, and what waits.
    private func lists(_ query: FindQuery, _ upper: Int64, _ store: FindStore) async throws -> [List] {
        var lists: [List] = []
        if let controlID = query.controlID {
            let seqs = try await broker.journal.entries(controlId: controlID, limit: Self.listMax).map(\.seq)
            lists.append(List(seqs: seqs.sorted(), isCut: false))
        }
        if case .delivery(let state) = query.state, !state.isSettled, upper > 0 {
            var seqs = try await broker.journal.waiting(state, before: upper + 1, limit: Self.listMax)
            var floor = seqs.count == Self.listMax ? seqs.last ?? 1 : 1
            if state == .held {
                let key = FindKeys.hash(
                    .disposition, "\(Disposition.heldAtIntake)", secret: broker.journal.laneSecret)
                let found = try await store.newest(keys: [key], in: 1...upper, limit: Self.listMax)
                if let next = found.next { floor = max(floor, next + 1) }
                seqs = Array(Set(seqs).union(found.seqs))
            }
            lists.append(List(seqs: seqs.filter { $0 >= floor }.sorted(), isCut: floor > 1))
        }
        return lists
    }
}

extension AuditEvent.Kind {
    package static let patientSearched: Self = "patient.searched"
}
