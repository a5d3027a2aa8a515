import Foundation
import Interfaces
import Testing

@testable import Broker
@testable import Journaling

/// An endpoint with 64 connections in virtual time: what the router brings, what is read from the journal, answers and
/// settlements that take their time, failures, holds and crashes, 1 % merges.
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
    private var window: QueueWindow
    private var page: QueueWindow.Page?
    private var busy = 0
    private var events: [(at: Int64, epoch: Int, event: Event)] = []
    /// Counts crashes: what was under way before one never ends.
    private var epoch = 0
    /// Unsettled seqs of each key, in order.
    private var open: [UInt64: [Int64]] = [:]

    init(seed: UInt64) {
        self.seed = seed
        numbers = SeededNumbers(seed: seed)
        window = Self.window(routedThrough: 0)
    }

    private static func window(routedThrough: Int64) -> QueueWindow {
        QueueWindow(order: .patient, routedThrough: routedThrough, jobsCostMax: 0, pageSize: 20, windowMax: 90)
    }

    mutating func run() throws {
        var steps = 0
        while stored.count < Self.messages || !open.isEmpty {
            steps += 1
            guard steps < 200_000 else { throw Broken(text: "seed \(seed): \(open.count) lanes never end") }
            now += 1
            if stored.count < Self.messages, chance(2) { route() }
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
        for _ in 0..<Int.random(in: 1...12, using: &numbers) where Int64(stored.count) < Self.messages {
            let seq = Int64(stored.count) + 1
            var keys = [UInt64.random(in: 0..<Self.people, using: &numbers)]
            if chance(100) { keys.append(UInt64.random(in: 0..<Self.people, using: &numbers)) }
            stored[seq] = Stored(keys: keys)
            for key in Set(keys) { open[key, default: []].append(seq) }
            arrivals.append(Arrival(seq: seq, laneKeys: keys))
        }
        routed = Int64(stored.count)
        window.arrived(arrivals)
    }

    /// Begins or ends a read; what is routed between the two may or may not be in it.
    private mutating func read() {
        guard let begun = page else {
            page = window.beginPage()
            return
        }
        guard chance(3) else { return }
        page = nil
        var rows: [Delivery] = []
        var seq = begun.after
        while seq < routed, rows.count < window.pageSize {
            seq += 1
            if let one = stored[seq], !one.state.isSettled { rows.append(delivery(seq, one)) }
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

    /// The receiver gets a message: everything before it that shares a person is settled.
    private mutating func receive(_ seq: Int64) throws {
        for key in stored[seq]?.keys ?? [] where open[key]?.first != seq {
            throw Broken(text: "seed \(seed): \(seq) is sent while \(open[key]?.first ?? 0) is not settled")
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
                let outcome: Outcome = chance(30) ? .held : chance(12) ? .retry(now + 30) : .delivered
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
            for key in Set(stored[seq]?.keys ?? []) {
                open[key]?.removeFirst()
                if open[key]?.isEmpty == true { open[key] = nil }
            }
            window.settled(seq)
        case .retry(let at):
            stored[seq]?.nextTry = at
            window.putBack(seq, due: at)
        case .held:
            stored[seq]?.state = .held
            window.putBack(seq, due: 0, isHeld: true)
            later(.released(seq), in: 10...200)
        }
    }

    /// Everything in memory is gone. What was with the receiver and not settled is sent again: one of a lane at most,
    /// since ``receive(_:)`` lets nothing pass it.
    private mutating func crash() {
        epoch += 1
        busy = 0
        page = nil
        window = Self.window(routedThrough: routed)
    }
}
