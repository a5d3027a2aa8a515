import Auditing

extension MemoryJournal.State {
    mutating func remove(_ removal: Removal) -> Removed {
        switch removal.kind {
        case .bodies: removeBodies(removal)
        case .deliveries: removeDeliveries(removal)
        case .pages: Removed()
        }
    }

    private mutating func removeBodies(_ removal: Removal) -> Removed {
        var count = 0
        for entry in entries.dropFirst(Int(removal.after)) where entry.receivedAt < removal.before {
            let index = Int(entry.seq) - 1
            let resends = entries.filter { $0.disposition == .resent && $0.parent == entry.seq }.map(\.seq)
            let family = [entry.seq] + resends
            let isUnsettled = family.contains { (deliveries[$0] ?? [:]).values.contains { !$0.state.isSettled } }
            let waits = entry.routing == .pending || entry.disposition == .heldAtIntake && entry.routing == .exempt
            guard entry.disposition != .resent, bodies[index] != nil, !isUnsettled, !waits else { continue }
            bodies[index] = nil
            for seq in family {
                for endpoint in (deliveries[seq] ?? [:]).keys { deliveries[seq]?[endpoint]?.sentBytes = nil }
            }
            count += 1
        }
        if count > 0 { add(AuditEvent(.retentionRemoved, at: removal.at, text: "the text of \(count) messages")) }
        return Removed(count: count)
    }

    private mutating func removeDeliveries(_ removal: Removal) -> Removed {
        var count = 0
        for (seq, made) in deliveries where seq > removal.after {
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
