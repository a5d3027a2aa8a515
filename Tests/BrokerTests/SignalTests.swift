import Synchronization
import Testing

@testable import Broker

@Suite(.timeLimit(.minutes(1))) struct SignalTests {
    @Test func `a signal given before the wait is not lost`() async {
        let signal = Signal()
        let generation = signal.generation
        signal.fire()
        await signal.wait(since: generation)
    }

    @Test func `many waiters never miss the last change`() async {
        let signal = Signal()
        let value = Counter()
        let last = 5_000
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    while true {
                        let generation = signal.generation
                        if value.number == last { return }
                        await signal.wait(since: generation)
                    }
                }
            }
            for _ in 0..<5 {
                group.addTask {
                    while true {
                        let isDone = value.grow(to: last)
                        signal.fire()
                        if isDone { return }
                        if Int.random(in: 0..<10) == 0 { await Task.yield() }
                    }
                }
            }
        }
    }

    @Test func `a wait ends when its task is cancelled, before it begins or later`() async {
        let signal = Signal()
        for round in 0..<200 {
            let task = Task { await signal.wait(since: signal.generation) }
            for _ in 0..<(round % 3) { await Task.yield() }
            task.cancel()
            await task.value
        }
    }

    @Test func `a wait with a limit ends by itself, or sooner by the signal`() async {
        let signal = Signal()
        await signal.wait(since: signal.generation, atMost: .milliseconds(1))
        let generation = signal.generation
        signal.fire()
        await signal.wait(since: generation, atMost: .seconds(3_600))
    }
}

private final class Counter: Sendable {
    private let value = Mutex(0)

    var number: Int { value.withLock { $0 } }

    /// Adds one up to a limit, and says whether it is reached.
    func grow(to limit: Int) -> Bool {
        value.withLock { value in
            value = min(value + 1, limit)
            return value == limit
        }
    }
}
