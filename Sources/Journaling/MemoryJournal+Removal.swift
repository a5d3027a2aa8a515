import Auditing

extension MemoryJournal.State {
    mutating func remove(_ removal: Removal) -> Removed {
        switch removal.kind {
        case .bodies: removeBodies(removal)
        case .deliveries: removeDeliveries(removal)
        case .events, .pages: Removed()
        }
    }

    private mutating func removeBodies(_ removal: Removal) -> Removed {
        var count = 0
        var bytes: Int64 = 0
        for entry in entries.dropFirst(Int(removal.after)) where entry.receivedAt < removal.before {
            guard bytes < removal.bytesMax else { break }
            let index = Int(entry.seq) - 1
            let resends = entries.filter { $0.disposition == .resent && $0.parent == entry.seq }.map(\.seq)
            let family = [entry.seq] + resends
            let isUnsettled = family.contains { (deliveries[$0] ?? [:]).values.contains { !$0.state.isSettled } }
            let waits = entry.routing == .pending || entry.disposition == .heldAtIntake && entry.routing == .exempt
            guard !removal.legalHold.covers(entry.provider), entry.disposition != .resent, bodies[index] != nil,
                !isUnsettled, !waits
            else { continue }
            bytes += Int64(bodies[index]?.count ?? 0)
            bodies[index] = nil
            for seq in family {
                for (endpoint, delivery) in deliveries[seq] ?? [:] {
                    bytes += Int64(delivery.sentBytes?.count ?? 0)
                    deliveries[seq]?[endpoint]?.sentBytes = nil
                }
            }
            count += 1
        }
        if count > 0 { add(AuditEvent(.retentionRemoved, at: removal.at, text: "the text of \(count) messages")) }
        return Removed(count: count, bytes: bytes)
    }

    private mutating func removeDeliveries(_ removal: Removal) -> Removed {
        var count = 0
        for (seq, made) in deliveries where seq > removal.after {
            guard !removal.legalHold.covers(entries[Int(seq) - 1].provider) else { continue }
            for delivery in made.values where delivery.state.isSettled {
                guard delivery.settledAt ?? delivery.receivedAt < removal.before else { continue }
                deliveries[seq]?[delivery.endpoint] = nil
                attempts[seq]?.removeAll { $0.endpoint == delivery.endpoint }
                removedDeliveries[seq, default: [:]][delivery.state, default: 0] += 1
                count += 1
            }
        }
        if count > 0 { add(AuditEvent(.retentionRemoved, at: removal.at, text: "\(count) deliveries")) }
        return Removed(count: count)
    }
}
