import Foundation
import Interfaces
import Testing

@testable import Broker
@testable import Journaling

/// An endpoint with 64 connections in virtual time: what the router brings, what is read from the journal, answers and
/// settlements that take their time, failures, holds and crashes. 1 % of the messages are merges, links and their ends
/// (in every second schedule 10 %), half of which the endpoint never hears of.
@Suite struct LaneSimulationTests {
    private static let isLong = ProcessInfo.processInfo.environment["WARDLINE_SOAK"] == "1"

    @Test(.timeLimit(.minutes(30)), arguments: 0..<(isLong ? 100 : 10))
    func `no person's messages are ever out of order, and everything is delivered`(block: Int) throws {
        let schedules: UInt64 = Self.isLong ? 100 : 4
        for seed in 0..<schedules {
            var world = DeliveryWorld(seed: UInt64(block) * schedules + seed)
            try world.run()
        }
    }
}

/// A journal, a worker's queue and a receiver, moved by random numbers.
private struct DeliveryWorld {
    struct Broken: Error { var text: String }

    private struct Stored {
        /// What its own PID and MRG name.
        var own: Set<UInt64>
        /// All names that its people have by then.
        var names: Set<UInt64>
        /// As the router stored them.
        var keys: [UInt64]
        var state = DeliveryState.queued
        var nextTry: Int64?
        /// What the receiver has had of it.
        var receipts = 0
    }

    private enum Event {
        case answered(Int64)
        case settled(Int64, Outcome)
        case released(Int64)
    }

    private enum Outcome: Equatable {
        case delivered, held
        case retry(Int64)
    }

    private static let messages: Int64 = 300
    private static let connections = 64
    private static let people: UInt64 = 40

    private let seed: UInt64
    private var numbers: SeededNumbers
    private var now: Int64 = 0
    private var stored: [Int64: Stored] = [:]
    private var routed: Int64 = 0
    private var aliases = LaneAliases()
    /// As the journal keeps them.
    private var ties: [LaneAlias] = []
    private var window: QueueWindow
    private var page: QueueWindow.Page?
    /// What the journal held of it when the read began.
    private var snapshot: [Int64: Stored] = [:]
    private var busy = 0
    private var events: [(at: Int64, epoch: Int, event: Event)] = []
    /// Counts crashes: what was under way before one never ends.
    private var epoch = 0
    /// Unsettled seqs of each name in a message, in order.
    private var open: [UInt64: [Int64]] = [:]

    init(seed: UInt64) {
        self.seed = seed
        numbers = SeededNumbers(seed: seed)
        window = Self.window(routedThrough: 0, seed)
    }

    /// In every third schedule so little room that much is parked, since much is held there for long.
    private static func window(routedThrough: Int64, _ seed: UInt64) -> QueueWindow {
        QueueWindow(
            order: .patient, routedThrough: routedThrough, jobsCostMax: 0, pageSize: 20,
            windowMax: isHeldOften(seed) ? 30 : 90)
    }

    private static func isHeldOften(_ seed: UInt64) -> Bool { seed % 3 == 0 }

    mutating func run() throws {
        var steps = 0
        while routed < Self.messages || !open.isEmpty {
            steps += 1
            guard steps < 200_000 else { throw Broken(text: "seed \(seed): \(open.count) lanes never end") }
            now += 1
            if routed < Self.messages, chance(2) { route() }
            read()
            try send()
            try happen()
            if chance(700) { crash() }
        }
        guard stored.values.allSatisfy({ $0.receipts > 0 }) else {
            throw Broken(text: "seed \(seed): settled without having been sent")
        }
    }

    private mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &numbers) == 0 }

    private mutating func route() {
        var arrivals: [Arrival] = []
        for _ in 0..<Int.random(in: 1...12, using: &numbers) where routed < Self.messages {
            routed += 1
            var own = [UInt64.random(in: 0..<Self.people, using: &numbers)]
            var change: LaneAlias?
            if chance(seed % 2 == 0 ? 100 : 10) {
                (own, change) = merge(own[0], UInt64.random(in: 0..<Self.people, using: &numbers))
            }
            var names = names(of: own)
            let keys = aliases.laneKeys(own, changing: change.map { [$0] } ?? [])
            if let change { journal(change) }
            names.formUnion(self.names(of: own))
            // The alias holds whether the endpoint gets the message or not.
            guard change == nil || chance(2) else { continue }
            stored[routed] = Stored(own: Set(own), names: names, keys: keys)
            for name in Set(own) { open[name, default: []].append(routed) }
            arrivals.append(Arrival(seq: routed, laneKeys: keys))
        }
        window.arrived(arrivals)
        window.routed(through: routed)
    }

    private mutating func merge(_ one: UInt64, _ other: UInt64) -> ([UInt64], LaneAlias?) {
        guard one != other else { return ([one], nil) }
        if let link = ties.first(where: { $0.change == .linked }), chance(2) {
            return ([link.key, link.other], LaneAlias(link.key, link.other, .unlinked))
        }
        return ([one, other], LaneAlias(one, other, chance(3) ? .linked : .merged))
    }

    private mutating func journal(_ change: LaneAlias) {
        if change.change == .unlinked {
            ties.removeAll { $0 == LaneAlias(change.key, change.other, .linked) }
        } else if !ties.contains(change) {
            ties.append(change)
        }
    }

    /// The plain way: all that can be reached over merges and links.
    private func names(of own: [UInt64]) -> Set<UInt64> {
        var names = Set(own)
        var count = 0
        while names.count > count {
            count = names.count
            for tie in ties where names.contains(tie.key) || names.contains(tie.other) {
                names.formUnion([tie.key, tie.other])
            }
        }
        return names
    }

    /// Begins or ends a read; what happens between the two may or may not be in it.
    private mutating func read() {
        guard let begun = page else {
            page = window.beginPage() ?? (window.park() ? window.beginPage() : nil)
            snapshot = stored
            return
        }
        guard chance(3) else { return }
        page = nil
        let journal = chance(2) ? snapshot : stored
        var rows: [Delivery] = []
        var seq = begun.after
        while seq < routed, rows.count < window.pageSize {
            seq += 1
            if let one = journal[seq], !one.state.isSettled { rows.append(delivery(seq, one)) }
        }
        window.endPage(begun, rows, wall: now, monotonic: now)
    }

    private func delivery(_ seq: Int64, _ one: Stored) -> Delivery {
        Delivery(
            seq: seq, endpoint: "", route: "", state: one.state, attempts: 0, nextTry: one.nextTry, configuration: [],
            receivedAt: 0, laneKeys: one.keys)
    }

    private mutating func send() throws {
        while busy < Self.connections {
            let taken = window.take(1, now: now)
            guard let seq = taken.unread.first ?? taken.jobs.first?.seq else { return }
            guard window.confirm(seq) else { continue }
            busy += 1
            try receive(seq)
            later(.answered(seq), in: 1...40)
        }
    }

    /// The receiver gets a message: everything before it about one of its people, by whatever name, is settled.
    private mutating func receive(_ seq: Int64) throws {
        for name in stored[seq]?.names ?? [] {
            guard let first = open[name]?.first, first < seq else { continue }
            throw Broken(text: "seed \(seed): \(seq) is sent while \(first) is not settled")
        }
        stored[seq]?.receipts += 1
    }

    private mutating func later(_ event: Event, in delay: ClosedRange<Int64>) {
        events.append((now + Int64.random(in: delay, using: &numbers), epoch, event))
    }

    private mutating func happen() throws {
        let due = events.filter { $0.at <= now }
        events.removeAll { $0.at <= now }
        for (_, began, event) in due {
            switch event {
            case .answered(let seq) where began == epoch:
                busy -= 1
                let outcome: Outcome =
                    chance(Self.isHeldOften(seed) ? 6 : 30) ? .held : chance(12) ? .retry(now + 30) : .delivered
                later(.settled(seq, outcome), in: 1...6)
            case .settled(let seq, let outcome) where began == epoch: settle(seq, outcome)
            case .released(let seq):
                stored[seq]?.state = .queued
                window.release(seq)
            default: break
            }
        }
    }

    private mutating func settle(_ seq: Int64, _ outcome: Outcome) {
        switch outcome {
        case .delivered:
            stored[seq]?.state = .delivered
            for name in stored[seq]?.own ?? [] {
                open[name]?.removeAll { $0 == seq }
                if open[name]?.isEmpty == true { open[name] = nil }
            }
            window.settled(seq)
        case .retry(let at):
            stored[seq]?.nextTry = at
            window.putBack(seq, due: at)
        case .held:
            stored[seq]?.state = .held
            window.putBack(seq, due: 0, isHeld: true)
            later(.released(seq), in: 10...(Self.isHeldOften(seed) ? 3_000 : 200))
        }
    }

    /// Everything in memory is gone. What was with the receiver and not settled is sent again: one of a lane at most,
    /// since ``receive(_:)`` lets nothing pass it.
    private mutating func crash() {
        epoch += 1
        busy = 0
        page = nil
        window = Self.window(routedThrough: routed, seed)
        aliases = LaneAliases()
        for tie in ties { aliases.apply(tie) }
    }
}
