import Auditing

extension JournalTables {
    // MARK: TRANSACTION 2

    func route(_ routing: Routing) throws(JournalError) {
        var deliveries: [NewDelivery] = []
        var routed = RoutingState.routed
        switch routing.outcome {
        case .routed(let made): deliveries = made
        case .filtered: routed = .filtered
        case .unrouted: routed = .unrouted
        }
        guard routed != .routed || !deliveries.isEmpty else {
            throw JournalError(.invalid, "entry \(routing.seq) is routed to no endpoint: it is filtered or unrouted")
        }
        let update = try statement(
            "UPDATE entry SET routing = ?2, deliveryCount = ?3 WHERE seq = ?1 AND routing = 0")
        update.bind(1, routing.seq)
        update.bind(2, Int64(routed.rawValue))
        update.bind(3, Int64(deliveries.count))
        try update.run()
        guard connection.changes == 1 else {
            throw JournalError(.conflict, "entry \(routing.seq) does not wait for the router")
        }
        for delivery in deliveries { try insert(delivery, of: routing.seq) }
        if let keys = routing.laneKeys { try setLaneKeys(keys, of: routing.seq) }
        try change(routing.aliases, by: routing.seq)
        if routing.seq <= state.routedMark {
            let delete = try statement("DELETE FROM released WHERE seq = ?1")
            delete.bind(1, routing.seq)
            try delete.run()
        }
        try add(routing.events, about: routing.seq)
    }

    func insert(_ delivery: NewDelivery, of seq: Int64) throws(JournalError) {
        let insert = try statement(
            """
            INSERT INTO delivery (seq, endpoint, route, state, attempts, reason, configuration)
            VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)
            """)
        insert.bind(1, seq)
        insert.bind(2, delivery.endpoint)
        insert.bind(3, delivery.route)
        insert.bind(4, Int64((delivery.heldBecause == nil ? DeliveryState.queued : .held).rawValue))
        insert.bind(5, delivery.heldBecause)
        insert.bind(6, delivery.configuration)
        try insert.run()
    }

    // MARK: TRANSACTION 3

    func settle(_ settlement: Settlement) throws(JournalError) {
        let (state, attempts) = try delivery(settlement.seq, settlement.endpoint)
        guard state != .delivered else {
            throw JournalError(
                .conflict, "delivery \(settlement.seq) to \(settlement.endpoint) is delivered already")
        }
        let number = attempts + (settlement.followsCutOff ? 2 : 1)
        let attempt = try statement(
            """
            INSERT INTO attempt (seq, endpoint, attempt, at, ms, result, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """)
        attempt.bind(1, settlement.seq)
        attempt.bind(2, settlement.endpoint)
        attempt.bind(3, Int64(number))
        attempt.bind(4, settlement.at)
        attempt.bind(5, Int64(settlement.milliseconds))
        attempt.bind(6, settlement.result)
        attempt.bind(7, settlement.text)
        try attempt.run()

        let change = settlement.change(of: state)
        let update = try statement(
            """
            UPDATE delivery SET state = ?3, attempts = ?4, nextTry = ?5, reason = CASE ?6 WHEN 1 THEN reason ELSE ?7 END,
                settledAt = CASE WHEN ?3 = 2 THEN ?8 ELSE settledAt END, sentSHA256 = ?9, answer = ?10
            WHERE seq = ?1 AND endpoint = ?2
            """)
        update.bind(1, settlement.seq)
        update.bind(2, settlement.endpoint)
        update.bind(3, Int64(change.state.rawValue))
        update.bind(4, Int64(number))
        update.bind(5, change.nextTry)
        update.bind(6, change.keepsReason ? 1 : 0)
        update.bind(7, change.reason)
        update.bind(8, settlement.at)
        var sent: [UInt8]?
        if case .delivered(let sha256, let bytes, let answer) = settlement.outcome {
            update.bind(9, sha256)
            update.bind(10, answer)
            sent = bytes
        } else {
            update.bind(9, [UInt8]?.none)
            update.bind(10, [UInt8]?.none)
        }
        try update.run()
        if let sent {
            count(.textByte, sent.count, at: settlement.at)
            let insert = try statement("INSERT OR REPLACE INTO sent (seq, endpoint, bytes) VALUES (?1, ?2, ?3)")
            insert.bind(1, settlement.seq)
            insert.bind(2, settlement.endpoint)
            insert.bind(3, sent)
            try insert.run()
        }
        try add(settlement.filledEvent(attempt: number))
        try add(settlement.moreEvents, about: nil)
    }

    private func delivery(_ seq: Int64, _ endpoint: String) throws(JournalError) -> (DeliveryState, Int) {
        let select = try statement("SELECT state, attempts FROM delivery WHERE seq = ?1 AND endpoint = ?2")
        select.bind(1, seq)
        select.bind(2, endpoint)
        defer { select.reset() }
        guard try select.step(), let state = DeliveryState(rawValue: UInt8(select.integer(0))) else {
            throw JournalError(.notFound, "there is no delivery of entry \(seq) to \(endpoint)")
        }
        return (state, Int(select.integer(1)))
    }

    // MARK: Control

    func control(_ control: Control) throws(JournalError) {
        switch control.operation {
        case .hold(let seq, let endpoint), .release(let seq, let endpoint), .skip(let seq, let endpoint):
            try change(seq, endpoint, by: control)
        case .pause(let endpoint, let until):
            let insert = try statement(
                "INSERT OR REPLACE INTO pause (endpoint, at, actor, reason, until) VALUES (?1, ?2, ?3, ?4, ?5)")
            insert.bind(1, endpoint)
            insert.bind(2, control.at)
            insert.bind(3, control.actor)
            insert.bind(4, control.reason)
            insert.bind(5, until)
            try insert.run()
        case .resume(let endpoint):
            let delete = try statement("DELETE FROM pause WHERE endpoint = ?1")
            delete.bind(1, endpoint)
            try delete.run()
            guard connection.changes == 1 else { throw JournalError(.conflict, "\(endpoint) is not paused") }
        case .releaseEntry(let seq): try decide(seq, .accepted, .pending)
        case .dismissEntry(let seq): try decide(seq, .heldAtIntake, .dismissed)
        }
        let insert = try statement(
            """
            INSERT INTO control (at, operation, seq, endpoint, actor, reason, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """)
        insert.bind(1, control.at)
        insert.bind(2, control.operation.name)
        insert.bind(3, control.operation.seq)
        insert.bind(4, control.operation.endpoint)
        insert.bind(5, control.actor)
        insert.bind(6, control.reason)
        insert.bind(7, control.operation.until)
        try insert.run()
        try add(control.filledEvent)
    }

    private func change(_ seq: Int64, _ endpoint: String, by control: Control) throws(JournalError) {
        let (state, _) = try delivery(seq, endpoint)
        let next = try control.operation.state(after: state)
        let update = try statement(
            """
            UPDATE delivery SET state = ?3, reason = ?4, nextTry = NULL,
                settledAt = CASE WHEN ?3 = 3 THEN ?5 ELSE settledAt END
            WHERE seq = ?1 AND endpoint = ?2
            """)
        update.bind(1, seq)
        update.bind(2, endpoint)
        update.bind(3, Int64(next.rawValue))
        update.bind(4, next == .queued ? nil : control.reason)
        update.bind(5, control.at)
        try update.run()
    }

    /// Decides about an entry held at intake.
    private func decide(_ seq: Int64, _ disposition: Disposition, _ routing: RoutingState) throws(JournalError) {
        let update = try statement(
            "UPDATE entry SET disposition = ?2, routing = ?3 WHERE seq = ?1 AND disposition = 5 AND routing = 4")
        update.bind(1, seq)
        update.bind(2, Int64(disposition.rawValue))
        update.bind(3, Int64(routing.rawValue))
        try update.run()
        guard connection.changes == 1 else {
            throw JournalError(.conflict, "entry \(seq) does not wait for a person")
        }
        if routing == .pending {
            let insert = try statement("INSERT INTO released (seq) VALUES (?1)")
            insert.bind(1, seq)
            try insert.run()
        }
    }

    // MARK: Others

    func add(_ events: [AuditEvent], about seq: Int64?) throws(JournalError) {
        for var event in events {
            event.seq = event.seq ?? seq
            try add(event)
        }
    }

    func storeConfiguration(hash: [UInt8], bytes: [UInt8]) throws(JournalError) {
        let insert = try statement("INSERT OR IGNORE INTO configuration (hash, bytes) VALUES (?1, ?2)")
        insert.bind(1, hash)
        insert.bind(2, bytes)
        try insert.run()
    }
}
