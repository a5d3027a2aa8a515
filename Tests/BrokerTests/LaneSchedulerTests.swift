import Testing

@testable import Broker

@Suite struct LaneSchedulerTests {
    @Test func `a delivery waits for every earlier one that shares a key, and for no other`() {
        var lanes = LaneScheduler()
        lanes.add(1, keys: [1])
        lanes.add(2, keys: [2])
        lanes.add(3, keys: [1, 2])  // a merge
        lanes.add(4, keys: [1])
        lanes.add(5, keys: [2])
        lanes.add(6, keys: [3])
        #expect(take(&lanes) == [1, 2, 6])
        lanes.settled(1)
        #expect(take(&lanes) == [])
        lanes.settled(2)
        #expect(take(&lanes) == [3])
        lanes.settled(3)
        #expect(take(&lanes) == [4, 5])
    }

    @Test func `deliveries without a key never wait`() {
        var lanes = LaneScheduler()
        for seq in 1...5 { lanes.add(Int64(seq), keys: []) }
        #expect(take(&lanes) == [1, 2, 3, 4, 5])
    }

    @Test func `one key for all makes one line`() {
        var lanes = LaneScheduler()
        for seq in 1...5 { lanes.add(Int64(seq), keys: [0]) }
        for seq in 1...5 {
            #expect(take(&lanes) == [Int64(seq)])
            lanes.settled(Int64(seq))
        }
    }

    @Test func `a delivery put back keeps its place and its time`() {
        var lanes = LaneScheduler()
        lanes.add(1, keys: [1])
        lanes.add(2, keys: [1])
        #expect(take(&lanes, at: 0) == [1])
        lanes.putBack(1, due: 100)
        #expect(take(&lanes, at: 99) == [])
        #expect(lanes.nextDue() == 100)
        #expect(take(&lanes, at: 100) == [1])
        lanes.settled(1)
        #expect(take(&lanes, at: 100) == [2])
    }

    @Test func `a held delivery holds its lane only, until it is released or skipped`() {
        for isReleased in [true, false] {
            var lanes = LaneScheduler()
            lanes.add(1, keys: [1])
            lanes.add(2, keys: [1])
            lanes.add(3, keys: [2])
            lanes.hold(1)
            #expect(take(&lanes) == [3])
            if isReleased {
                lanes.release(1)
                #expect(take(&lanes) == [1])
                lanes.settled(1)
            } else {
                lanes.skip(1)
            }
            #expect(take(&lanes) == [2])
        }
    }

    @Test func `releasing a delivery that waits for its next try makes it due at once`() {
        var lanes = LaneScheduler()
        lanes.add(1, keys: [1], due: 1_000_000)
        #expect(take(&lanes, at: 0) == [])
        lanes.release(1)
        #expect(take(&lanes, at: 0) == [1])
    }

    @Test func `a delivery skipped while it runs stays ahead until its outcome is known`() {
        var lanes = LaneScheduler()
        lanes.add(1, keys: [1])
        lanes.add(2, keys: [1])
        #expect(take(&lanes) == [1])
        lanes.skip(1)
        #expect(take(&lanes) == [])
        lanes.putBack(1, due: 1_000_000)
        #expect(take(&lanes) == [2])
    }

    @Test func `a release while it runs is not lost when the outcome is to hold it`() {
        var lanes = LaneScheduler()
        lanes.add(1, keys: [1])
        #expect(take(&lanes) == [1])
        lanes.release(1)
        lanes.putBack(1, due: 0, isHeld: true)
        #expect(take(&lanes) == [1])
        lanes.putBack(1, due: 0, isHeld: true)
        #expect(take(&lanes) == [])
    }

    @Test func `a delivery that comes late takes its place by seq, but not before one that runs`() {
        var lanes = LaneScheduler()
        lanes.add(5, keys: [1])
        lanes.add(6, keys: [1])
        #expect(take(&lanes) == [5])
        lanes.add(3, keys: [1])
        #expect(take(&lanes) == [])
        lanes.settled(5)
        #expect(take(&lanes) == [3])
        lanes.settled(3)
        #expect(take(&lanes) == [6])
    }

    @Test func `late deliveries never wait for each other in a circle`() {
        var lanes = LaneScheduler()
        lanes.add(7, keys: [1, 3])
        #expect(take(&lanes) == [7])
        lanes.add(5, keys: [1, 2])  // behind 7, which runs
        lanes.putBack(7, due: 0)
        lanes.add(6, keys: [3, 2])  // before 7
        #expect(take(&lanes) == [6])
        lanes.settled(6)
        #expect(take(&lanes) == [7])
        lanes.settled(7)
        #expect(take(&lanes) == [5])
    }

    @Test(arguments: 0..<40)
    func `in random schedules no key's order is ever broken, and everything gets out`(block: Int) throws {
        for seed in UInt64(block * 60)..<UInt64(block * 60 + 60) { try simulate(seed: seed) }
    }

    private func take(_ lanes: inout LaneScheduler, at now: Int64 = 0) -> [Int64] {
        var taken: [Int64] = []
        while let seq = lanes.next(now: now) { taken.append(seq) }
        return taken
    }

    /// One schedule of adding, sending, failing, holding, releasing, skipping and starting anew.
    private func simulate(seed: UInt64) throws {
        var world = LaneWorld(seed: seed)
        for _ in 0..<150 { try world.step() }
        try world.drain()
        let stuck = world.blocked
        #expect(Set(world.items.keys) == stuck, "seed \(seed): all but what is held or behind it gets out")
        world.releaseAll()
        try world.drain()
        #expect(world.items.isEmpty, "seed \(seed): nothing stays")
    }
}

/// The scheduler and a simple account of what it may do.
private struct LaneWorld {
    struct Item {
        var keys: Set<UInt64>
        /// Its seq, or that of the later delivery that was running when it came.
        var place: Int64
        var order: Int
        var due: Int64 = 0
        var isHeld = false
        var isRunning = false
        var isSkipped = false
        var isReleased = false
    }

    let seed: UInt64
    var numbers: SeededNumbers
    var lanes = LaneScheduler()
    var items: [Int64: Item] = [:]
    var lastSeq: Int64 = 0
    /// Seqs that are to come late.
    var missing: [Int64] = []
    var now: Int64 = 0
    var added = 0

    init(seed: UInt64) {
        self.seed = seed
        numbers = SeededNumbers(seed: seed)
    }

    struct Broken: Error { var text: String }

    mutating func step() throws {
        now += Int64.random(in: 0...3, using: &numbers)
        switch Int.random(in: 0..<20, using: &numbers) {
        case 0..<7:
            lastSeq += 1
            if Int.random(in: 0..<12, using: &numbers) == 0 { missing.append(lastSeq) } else { add(lastSeq) }
        case 7: if let late = missing.popLast() { add(late) }
        case 8..<12: try next()
        case 12..<16: finish()
        case 16:
            person {
                $0.isHeld = true
                $0.isReleased = false
            } act: {
                $0.hold($1)
            }
        case 17:
            person { item in
                item.isHeld = false
                item.isReleased = item.isRunning
                item.due = 0
            } act: {
                $0.release($1)
            }
        case 18: skip()
        default: if Int.random(in: 0..<4, using: &numbers) == 0 { restart() }
        }
    }

    mutating func add(_ seq: Int64) {
        var keys: Set<UInt64> = []
        for _ in 0..<([0, 1, 1, 1, 2, 3].randomElement(using: &numbers) ?? 0) {
            keys.insert(UInt64.random(in: 0..<6, using: &numbers))
        }
        let due = Bool.random(using: &numbers) ? 0 : now + 2
        let running = items.values.filter { $0.isRunning && !$0.keys.isDisjoint(with: keys) }.map(\.place)
        added += 1
        items[seq] = Item(keys: keys, place: max(seq, running.max() ?? 0), order: added, due: due)
        lanes.add(seq, keys: Array(keys), due: due)
    }

    mutating func next() throws {
        guard let seq = lanes.next(now: now) else { return }
        guard let item = items[seq], !item.isHeld, !item.isRunning, item.due <= now else {
            throw Broken(text: "seed \(seed): \(seq) may not leave")
        }
        for (other, ahead) in items where other < seq && !ahead.keys.isDisjoint(with: item.keys) {
            // Only one that came when something later was running can be behind it.
            guard ahead.place > other, ahead.place >= seq else {
                throw Broken(text: "seed \(seed): \(seq) leaves before \(other)")
            }
        }
        for (other, running) in items where other != seq && running.isRunning {
            guard running.keys.isDisjoint(with: item.keys) else {
                throw Broken(text: "seed \(seed): \(seq) leaves beside \(other)")
            }
        }
        items[seq]?.isRunning = true
    }

    mutating func finish() {
        guard let seq = items.filter(\.value.isRunning).keys.sorted().randomElement(using: &numbers),
            let item = items[seq]
        else { return }
        switch Int.random(in: 0..<4, using: &numbers) {
        case 0, 1:
            lanes.settled(seq)
            items[seq] = nil
        case 2:
            lanes.putBack(seq, due: now + 3)
            putBack(seq, item, due: now + 3, isHeld: false)
        default:
            lanes.putBack(seq, due: 0, isHeld: true)
            putBack(seq, item, due: 0, isHeld: true)
        }
    }

    private mutating func putBack(_ seq: Int64, _ item: Item, due: Int64, isHeld: Bool) {
        guard !item.isSkipped else {
            items[seq] = nil
            return
        }
        items[seq]?.isRunning = false
        items[seq]?.isReleased = false
        items[seq]?.due = item.isReleased ? 0 : due
        items[seq]?.isHeld = item.isHeld || (isHeld && !item.isReleased)
    }

    private mutating func person(_ change: (inout Item) -> Void, act: (inout LaneScheduler, Int64) -> Void) {
        guard let seq = items.keys.sorted().randomElement(using: &numbers), var item = items[seq] else { return }
        change(&item)
        items[seq] = item
        act(&lanes, seq)
    }

    private mutating func skip() {
        guard let seq = items.keys.sorted().randomElement(using: &numbers) else { return }
        lanes.skip(seq)
        if items[seq]?.isRunning == true { items[seq]?.isSkipped = true } else { items[seq] = nil }
    }

    /// What is unsettled comes back in seq order; what ran is tried again.
    private mutating func restart() {
        lanes = LaneScheduler()
        for (seq, item) in items.sorted(by: { $0.key < $1.key }) {
            guard !item.isSkipped else {
                items[seq] = nil
                continue
            }
            var item = item
            item.isRunning = false
            item.isReleased = false
            item.place = seq
            items[seq] = item
            lanes.add(seq, keys: Array(item.keys), due: item.due, isHeld: item.isHeld)
        }
    }

    mutating func drain() throws {
        var idle = 0
        while idle < 3 {
            now += 10
            let before = items.count
            while let seq = items.first(where: \.value.isRunning)?.key {
                lanes.settled(seq)
                items[seq] = nil
            }
            try next()
            idle = items.count == before && !items.values.contains(where: \.isRunning) ? idle + 1 : 0
        }
    }

    mutating func releaseAll() {
        for seq in items.keys.sorted() {
            items[seq]?.isHeld = false
            items[seq]?.due = 0
            lanes.release(seq)
        }
    }

    /// What is held, and what waits behind it, one way or another.
    var blocked: Set<Int64> {
        var blocked = Set(items.filter(\.value.isHeld).keys)
        var grew = true
        while grew {
            grew = false
            for (seq, item) in items where !blocked.contains(seq) {
                let waits = blocked.contains { other in
                    guard let ahead = items[other], !ahead.keys.isDisjoint(with: item.keys) else { return false }
                    return ahead.place < item.place
                        || (ahead.place == item.place
                            && (item.place != seq && (ahead.place == other || ahead.order < item.order)))
                }
                if waits {
                    blocked.insert(seq)
                    grew = true
                }
            }
        }
        return blocked
    }
}
