import Auditing

extension MemoryJournal.State {
    func entry(_ seq: Int64) -> JournalEntry? {
        seq >= 1 && seq <= entries.count ? entries[Int(seq) - 1] : nil
    }

    @discardableResult
    mutating func add(_ event: AuditEvent) -> Int64 {
        var event = event
        event.number = Int64(events.count) + 1
        events.append(event)
        frontier.append(leaf: MerkleHash.leaf(event.encoded()))
        return event.number
    }

    mutating func add(_ events: [AuditEvent], about seq: Int64?) {
        for var event in events {
            event.seq = event.seq ?? seq
            add(event)
        }
    }

    // MARK: TRANSACTION 1

    mutating func append(_ new: [NewEntry]) throws(JournalError) -> [Appended] {
        var results: [Appended] = []
        for entry in new {
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

    private mutating func append(_ entry: NewEntry, parent: Int64?) throws(JournalError) -> Appended {
        try entry.checkDeliveries()
        let hour = entry.receivedAt.hour
        if parent == nil { counts[.init(hour: hour, name: .frame), default: 0] += 1 }
        var entry = entry
        var reuse = false
        if let sent = sentEntry(answeredBy: entry) {
            entry.acknowledge(sent, in: Int64(entries.count) + 1)
            return .acknowledgement(seq: insert(entry, parent: parent), of: sent)
        }
        if entry.disposition.isRemembered, !entry.controlId.isEmpty {
            let known = (byControlId[entry.controlId] ?? []).compactMap { self.entry($0) }.filter {
                $0.sender == entry.sender && $0.disposition.isRemembered
                    && $0.receivedAt > entry.receivedAt - entry.duplicateWindow
            }
            if let first = known.first(where: { $0.bodySHA256 == entry.bodySHA256 }) {
                let counter: Counter = parent == nil ? .duplicate : .duplicateInBatch
                counts[.init(hour: hour, name: counter), default: 0] += 1
                entry.event.kind = .messageDuplicate
                entry.event.seq = first.seq
                entry.event.text = entry.event.text ?? "the same message as entry \(first.seq)"
                add(entry.event)
                return .duplicate(of: first.seq, answer: first.answer)
            }
            if let first = known.first {
                reuse = true
                entry.judgeReuse(of: first.seq)
            }
        }
        let seq = insert(entry, parent: parent)
        guard reuse else { return .stored(seq: seq, reusedControlId: false) }
        return switch entry.reuse {
        case .accept: .stored(seq: seq, reusedControlId: true)
        case .hold: .held(seq: seq)
        case .refuse: .refusedReuse(seq: seq)
        }
    }

    /// The newest entry that has deliveries and the control id that `entry` answers.
    private func sentEntry(answeredBy entry: NewEntry) -> Int64? {
        guard let controlId = entry.answersControlId, !controlId.isEmpty else { return nil }
        return byControlId[controlId]?.last { seq in
            guard let made = deliveries[seq], !made.isEmpty else { return false }
            return entry.provider.map { provider in made.keys.contains { $0.hasPrefix(provider + ".") } } ?? true
        }
    }

    private mutating func insert(_ entry: NewEntry, parent: Int64?) -> Int64 {
        let seq = Int64(entries.count) + 1
        var event = entry.event
        event.seq = seq
        add(event)
        entries.append(
            JournalEntry(
                seq: seq, receivedAt: entry.receivedAt, disposition: entry.disposition,
                routing: entry.disposition.firstRouting, listener: entry.listener, provider: entry.provider,
                sender: entry.sender, peer: entry.peer, controlId: entry.controlId, type: entry.type,
                version: entry.version, laneKeys: entry.laneKeys, patients: entry.patients, answer: entry.answer,
                findings: entry.findings, configuration: entry.configuration, parent: parent,
                bodySHA256: entry.bodySHA256, bodyCount: entry.body.count, deliveryCount: entry.deliveries.count))
        bodies.append(entry.body)
        byControlId[entry.controlId, default: []].append(seq)
        for delivery in entry.deliveries { insert(delivery, of: seq) }
        add(entry.moreEvents, about: nil)
        return seq
    }

    private static func checkEndpoints(_ made: [NewDelivery]) throws(JournalError) {
        guard Set(made.map(\.endpoint)).count == made.count else {
            throw JournalError(.conflict, "an entry has one delivery to an endpoint")
        }
    }

    private mutating func insert(_ new: NewDelivery, of seq: Int64) {
        guard let entry = entry(seq) else { return }
        deliveries[seq, default: [:]][new.endpoint] = Delivery(
            seq: seq, endpoint: new.endpoint, route: new.route, state: new.heldBecause == nil ? .queued : .held,
            attempts: 0, reason: new.heldBecause, configuration: new.configuration, receivedAt: entry.receivedAt,
            laneKeys: entry.laneKeys)
    }

    // MARK: TRANSACTION 2

    mutating func route(_ routing: Routing) throws(JournalError) {
        guard entry(routing.seq)?.routing == .pending else {
            throw JournalError(.conflict, "entry \(routing.seq) does not wait for the router")
        }
        let index = Int(routing.seq) - 1
        switch routing.outcome {
        case .routed(let made):
            guard !made.isEmpty else {
                throw JournalError(
                    .invalid, "entry \(routing.seq) is routed to no endpoint: it is filtered or unrouted")
            }
            try Self.checkEndpoints(made)
            entries[index].routing = .routed
            entries[index].deliveryCount = made.count
            for delivery in made { insert(delivery, of: routing.seq) }
        case .filtered: entries[index].routing = .filtered
        case .unrouted: entries[index].routing = .unrouted
        }
        if let keys = routing.laneKeys { setLaneKeys(keys, of: routing.seq) }
        for alias in routing.aliases { change(alias) }
        add(routing.events, about: routing.seq)
    }

    private mutating func setLaneKeys(_ keys: [UInt64], of seq: Int64) {
        entries[Int(seq) - 1].laneKeys = keys
        for endpoint in (deliveries[seq] ?? [:]).keys { deliveries[seq]?[endpoint]?.laneKeys = keys }
    }

    private mutating func change(_ alias: LaneAlias) {
        if alias.change == .unlinked {
            aliases.removeAll { $0.alias == LaneAlias(alias.key, alias.other, .linked) }
        } else if !aliases.contains(where: { $0.alias == alias }) {
            lastAlias += 1
            aliases.append(StoredAlias(id: lastAlias, alias: alias))
            if aliases.count > LaneAlias.keptMax { aliases.removeFirst() }
        }
    }

    // MARK: TRANSACTION 3

    mutating func settle(_ settlement: Settlement) throws(JournalError) {
        var delivery = try delivery(settlement.seq, settlement.endpoint)
        guard delivery.state != .delivered else {
            throw JournalError(
                .conflict, "delivery \(settlement.seq) to \(settlement.endpoint) is delivered already")
        }
        let change = settlement.change(of: delivery.state)
        delivery.attempts += settlement.followsCutOff ? 2 : 1
        delivery.state = change.state
        delivery.nextTry = change.nextTry
        if !change.keepsReason { delivery.reason = change.reason }
        if case .delivered(let sha256, let sent, let answer) = settlement.outcome {
            delivery.settledAt = settlement.at
            delivery.sentSHA256 = sha256
            delivery.sentBytes = sent
            delivery.answer = answer
        }
        deliveries[settlement.seq]?[settlement.endpoint] = delivery
        attempts[settlement.seq, default: []].append(
            Attempt(
                seq: settlement.seq, endpoint: settlement.endpoint, number: delivery.attempts, at: settlement.at,
                milliseconds: settlement.milliseconds, result: settlement.result, text: settlement.text))
        add(settlement.filledEvent(attempt: delivery.attempts))
        add(settlement.moreEvents, about: nil)
    }

    private func delivery(_ seq: Int64, _ endpoint: String) throws(JournalError) -> Delivery {
        guard let delivery = deliveries[seq]?[endpoint] else {
            throw JournalError(.notFound, "there is no delivery of entry \(seq) to \(endpoint)")
        }
        return delivery
    }

    // MARK: Control

    mutating func control(_ control: Control) throws(JournalError) {
        switch control.operation {
        case .hold(let seq, let endpoint), .release(let seq, let endpoint), .skip(let seq, let endpoint):
            var delivery = try delivery(seq, endpoint)
            delivery.state = try control.operation.state(after: delivery.state)
            delivery.reason = delivery.state == .queued ? nil : control.reason
            delivery.nextTry = nil
            if delivery.state == .skipped { delivery.settledAt = control.at }
            deliveries[seq]?[endpoint] = delivery
        case .pause(let endpoint, let until):
            pauses[endpoint] = Pause(
                endpoint: endpoint, at: control.at, actor: control.actor, reason: control.reason, until: until)
        case .resume(let endpoint):
            guard pauses.removeValue(forKey: endpoint) != nil else {
                throw JournalError(.conflict, "\(endpoint) is not paused")
            }
        case .releaseEntry(let seq), .dismissEntry(let seq):
            guard let entry = entry(seq), entry.disposition == .heldAtIntake, entry.routing == .exempt else {
                throw JournalError(.conflict, "entry \(seq) does not wait for a person")
            }
            let isReleased = control.operation == .releaseEntry(seq: seq)
            if isReleased { entries[Int(seq) - 1].disposition = .accepted }
            entries[Int(seq) - 1].routing = isReleased ? .pending : .dismissed
        }
        add(control.filledEvent)
    }

    // MARK: Summaries

    func queues() -> [QueueSummary] {
        var byEndpoint: [String: [Delivery]] = [:]
        for delivery in deliveries.values.flatMap(\.values) where !delivery.state.isSettled {
            byEndpoint[delivery.endpoint, default: []].append(delivery)
        }
        return byEndpoint.compactMap { endpoint, waiting in
            guard let head = waiting.min(by: { $0.seq < $1.seq }) else { return nil }
            return QueueSummary(
                endpoint: endpoint, queued: waiting.count { $0.state == .queued },
                held: waiting.count { $0.state == .held }, oldestReceivedAt: head.receivedAt, head: head.seq,
                headReason: head.reason, headNextTry: head.nextTry)
        }.sorted { $0.endpoint < $1.endpoint }
    }

    func ledger(_ range: LedgerRange) -> Ledger {
        var ledger = Ledger()
        for (key, count) in counts where range.hours.contains(key.hour) { ledger.add(key.name, count) }
        for entry in entries where range.times.contains(entry.receivedAt) {
            ledger.add(
                entry.disposition, entry.routing, isFrame: entry.parent == nil, count: 1,
                deliveries: entry.deliveryCount)
            for delivery in (deliveries[entry.seq] ?? [:]).values { ledger.add(delivery.state, 1) }
            for (state, count) in removedDeliveries[entry.seq] ?? [:] { ledger.add(state, count) }
        }
        return ledger
    }
}
