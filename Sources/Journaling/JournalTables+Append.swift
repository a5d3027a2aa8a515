import Auditing

extension JournalTables {
    /// TRANSACTION 1, one frame's entries.
    func append(_ entries: [NewEntry]) throws(JournalError) -> [Appended] {
        var results: [Appended] = []
        results.reserveCapacity(entries.count)
        for entry in entries {
            let parent: Int64? =
                switch entry.parent {
                case .entry(let seq): seq
                case .index(let index) where results.indices.contains(index): results[index].seq
                case .index(let index):
                    throw JournalError(.invalid, "parent \(index) comes after its entry \(results.count)")
                case nil: nil
                }
            if let refusal = entry.resultWithoutStoring(after: results) {
                results.append(refusal)
            } else {
                results.append(try append(entry, parent: parent))
            }
        }
        return results
    }

    private func append(_ entry: NewEntry, parent: Int64?) throws(JournalError) -> Appended {
        let isFrame = parent == nil
        if isFrame { count(.frame, 1, at: entry.receivedAt) }
        var entry = entry
        var reuse = false
        if let sent = try sentEntry(answeredBy: entry) {
            let seq = state.seq + 1
            entry.acknowledge(sent, in: seq)
            return .acknowledgement(seq: try insert(entry, parent: parent), of: sent)
        }
        if entry.disposition.isRemembered, !entry.controlId.isEmpty {
            switch try known(entry) {
            case .no: break
            case .identical(let seq, let answer):
                count(isFrame ? .duplicate : .duplicateInBatch, 1, at: entry.receivedAt)
                entry.event.kind = .messageDuplicate
                entry.event.seq = seq
                entry.event.text = entry.event.text ?? "the same message as entry \(seq)"
                try add(entry.event)
                return .duplicate(of: seq, answer: answer)
            case .reused(let seq):
                reuse = true
                entry.judgeReuse(of: seq)
            }
        }
        let seq = try insert(entry, parent: parent)
        guard reuse else { return .stored(seq: seq, reusedControlId: false) }
        return switch entry.reuse {
        case .accept: .stored(seq: seq, reusedControlId: true)
        case .hold: .held(seq: seq)
        case .refuse: .refusedReuse(seq: seq)
        }
    }

    private enum Known {
        case no
        case identical(Int64, answer: [UInt8])
        case reused(Int64)
    }

    /// Whether this control id was accepted from this sender inside the window.
    private func known(_ entry: NewEntry) throws(JournalError) -> Known {
        let any = try statement("SELECT 1 FROM entry WHERE controlId = ?1 AND sender = ?2 LIMIT 1")
        any.bind(1, entry.controlId)
        any.bind(2, entry.sender)
        guard try any.step() else {
            any.reset()
            return .no
        }
        any.reset()
        let identical = try statement(
            """
            SELECT seq, answer FROM entry
            WHERE controlId = ?1 AND sender = ?2 AND digest = ?3 AND sha256 = ?4
                AND disposition IN (0, 5) AND receivedAt > ?5 ORDER BY seq LIMIT 1
            """)
        identical.bind(1, entry.controlId)
        identical.bind(2, entry.sender)
        identical.bind(3, entry.digest)
        identical.bind(4, entry.bodySHA256)
        identical.bind(5, entry.receivedAt - entry.duplicateWindow)
        defer { identical.reset() }
        if try identical.step() { return .identical(identical.integer(0), answer: identical.blob(1)) }
        // The inner limit keeps a sender that never changes its control id from slowing everyone down.
        let reused = try statement(
            """
            SELECT seq FROM (
                SELECT seq, disposition, receivedAt FROM entry WHERE controlId = ?1 AND sender = ?2 LIMIT 1000
            ) WHERE disposition IN (0, 5) AND receivedAt > ?3 LIMIT 1
            """)
        reused.bind(1, entry.controlId)
        reused.bind(2, entry.sender)
        reused.bind(3, entry.receivedAt - entry.duplicateWindow)
        defer { reused.reset() }
        return try reused.step() ? .reused(reused.integer(0)) : .no
    }

    /// The newest entry that has deliveries and the control id that `entry` answers.
    private func sentEntry(answeredBy entry: NewEntry) throws(JournalError) -> Int64? {
        guard let controlId = entry.answersControlId, !controlId.isEmpty else { return nil }
        // The inner limit as above. The endpoints of a provider lie between "provider." and "provider/".
        let sent = try statement(
            """
            SELECT e.seq FROM (SELECT seq, deliveryCount FROM entry WHERE controlId = ?1 LIMIT 1000) e
            WHERE e.deliveryCount > 0 AND (?2 IS NULL OR EXISTS (
                SELECT 1 FROM delivery d
                WHERE d.seq = e.seq AND d.endpoint >= ?2 || '.' AND d.endpoint < ?2 || '/'))
            ORDER BY e.seq DESC LIMIT 1
            """)
        sent.bind(1, controlId)
        sent.bind(2, entry.provider)
        defer { sent.reset() }
        return try sent.step() ? sent.integer(0) : nil
    }

    private func insert(_ entry: NewEntry, parent: Int64?) throws(JournalError) -> Int64 {
        let seq = state.seq + 1
        state.seq = seq
        let isResent = entry.disposition == .resent
        try entry.checkDeliveries()
        var event = entry.event
        event.seq = seq
        let number = try add(event, isFirstOfEntry: true)
        count(.textByte, entry.body.count, at: entry.receivedAt)
        let insert = try statement(
            """
            INSERT INTO entry (seq, receivedAt, disposition, routing, listener, provider, sender, peer, controlId,
                type, version, laneKeys, patients, answer, findings, configuration, parent, digest, sha256,
                bodyCount, deliveryCount, event)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
                ?22)
            """)
        insert.bind(1, seq)
        insert.bind(2, entry.receivedAt)
        insert.bind(3, Int64(entry.disposition.rawValue))
        insert.bind(4, Int64(entry.disposition.firstRouting.rawValue))
        insert.bind(5, entry.listener)
        insert.bind(6, entry.provider)
        insert.bind(7, entry.sender)
        insert.bind(8, entry.peer)
        insert.bind(9, entry.controlId)
        insert.bind(10, entry.type)
        insert.bind(11, entry.version)
        insert.bind(12, PackedKeys.bytes(entry.laneKeys))
        insert.bind(13, PackedKeys.bytes(entry.patients))
        insert.bind(14, entry.answer)
        insert.bind(15, entry.findings)
        insert.bind(16, entry.configuration)
        insert.bind(17, parent)
        insert.bind(18, entry.digest)
        insert.bind(19, entry.bodySHA256)
        insert.bind(20, Int64(entry.body.count))
        insert.bind(21, Int64(entry.deliveries.count))
        insert.bind(22, number)
        try insert.run()
        for delivery in entry.deliveries { try self.insert(delivery, of: seq) }
        if !isResent {
            let body = try statement("INSERT INTO body (seq, keyId, format, bytes) VALUES (?1, 0, 0, ?2)")
            body.bind(1, seq)
            body.bind(2, entry.body)
            try body.run()
        }
        try add(entry.moreEvents, about: nil)
        return seq
    }
}

extension Disposition {
    /// Whether a repetition of such an entry is a duplicate: it was answered AA.
    var isRemembered: Bool { self == .accepted || self == .heldAtIntake }

    var firstRouting: RoutingState {
        switch self {
        case .accepted: .pending
        case .resent, .edited: .routed
        case .refused, .acknowledgement, .framingError, .batch, .heldAtIntake, .answer, .query: .exempt
        }
    }
}

extension NewEntry {
    /// First 8 bytes of the body's SHA-256, as SQLite stores integers.
    var digest: Int64 { Int64(bitPattern: PackedKeys.keys(bodySHA256.prefix(8)).first ?? 0) }

    /// The answer to a message that is refused after all is not stored: its result is that of the message.
    func resultWithoutStoring(after results: [Appended]) -> Appended? {
        guard disposition == .answer, case .index(let index) = parent, results.indices.contains(index),
            case .refusedReuse = results[index]
        else { return nil }
        return results[index]
    }

    func checkDeliveries() throws(JournalError) {
        let isAllowed =
            switch disposition {
            case .resent, .edited: !deliveries.isEmpty
            case .answer: true
            default: deliveries.isEmpty
            }
        guard isAllowed else {
            throw JournalError(.invalid, "only an answer or an entry that is sent again has deliveries of its own")
        }
        guard Set(deliveries.map(\.endpoint)).count == deliveries.count else {
            throw JournalError(.conflict, "an entry has one delivery to an endpoint")
        }
    }

    /// Makes it, as entry `seq`, the acknowledgement of an entry that was sent.
    mutating func acknowledge(_ sent: Int64, in seq: Int64) {
        disposition = .acknowledgement
        event.kind = .acknowledgementReceived
        let text = event.text.map { $0 + ": " } ?? ""
        var other = event
        other.seq = sent
        other.text = "\(text)the answer is entry \(seq)"
        moreEvents.append(other)
        event.text = "\(text)the answer to entry \(sent)"
    }

    /// Applies ``reuse`` to an entry whose control id `seq` had before.
    mutating func judgeReuse(of seq: Int64) {
        if let reused = whenReused?() {
            answer = reused.answer
            findings = reused.findings
        }
        let text = "control id of entry \(seq) with other bytes"
        switch reuse {
        case .accept:
            event.text = event.text.map { "\($0); \(text)" } ?? text
            return
        case .hold:
            disposition = .heldAtIntake
            event.kind = .messageHeld
        case .refuse:
            disposition = .refused
            event.kind = .messageRefused
        }
        event.text = text
    }
}
