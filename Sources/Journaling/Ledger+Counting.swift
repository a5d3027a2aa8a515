/// The hours a ledger covers.
struct LedgerRange: Sendable {
    var hours: Range<Int64>
    /// The same in microseconds.
    var times: Range<Int64>

    init(from: Int64?, to: Int64?) {
        let hour: Int64 = 3_600_000_000
        let first = from.map(\.hour) ?? Int64.min / hour
        let last = to.map { ($0 - 1).hour + 1 } ?? Int64.max / hour
        hours = first..<max(first, last)
        times = hours.lowerBound * hour..<hours.upperBound * hour
    }
}

extension Ledger {
    mutating func add(_ counter: Counter, _ count: Int) {
        switch counter {
        case .frame: frames += count
        case .emptyFrame: emptyFrames += count
        case .skippedByte: skippedBytes += count
        case .duplicate: duplicate += count
        case .duplicateInBatch:
            duplicate += count
            duplicateInBatch += count
        case .connectionRefused, .textByte: break
        }
    }

    mutating func add(
        _ disposition: Disposition, _ routing: RoutingState, isFrame: Bool, count: Int, deliveries: Int
    ) {
        deliveriesExpected += deliveries
        switch disposition {
        case .resent, .edited:
            resent += count
            return
        case .answer:
            answers += count
            return
        case .framingError:
            framingErrors += count
            return
        case .batch:
            batches += count
            return
        case .refused: refused += count
        case .acknowledgement: acknowledgement += count
        case .heldAtIntake: heldAtIntake += count
        case .query: queries += count
        case .accepted:
            switch routing {
            case .filtered: filtered += count
            case .unrouted: unrouted += count
            case .pending, .routed, .exempt, .dismissed: accepted += count
            }
            if routing == .pending { pending += count }
        }
        if isFrame { singles += count } else { batched += count }
    }

    mutating func add(_ state: DeliveryState, _ count: Int) {
        switch state {
        case .queued: queued += count
        case .held: held += count
        case .delivered: delivered += count
        case .skipped: skipped += count
        }
    }

    /// Adds what a page of entries gave.
    mutating func add(_ part: Ledger) {
        framingErrors += part.framingErrors
        batches += part.batches
        singles += part.singles
        batched += part.batched
        refused += part.refused
        acknowledgement += part.acknowledgement
        filtered += part.filtered
        unrouted += part.unrouted
        heldAtIntake += part.heldAtIntake
        accepted += part.accepted
        pending += part.pending
        queries += part.queries
        resent += part.resent
        answers += part.answers
        deliveriesExpected += part.deliveriesExpected
        queued += part.queued
        held += part.held
        delivered += part.delivered
        skipped += part.skipped
    }
}
