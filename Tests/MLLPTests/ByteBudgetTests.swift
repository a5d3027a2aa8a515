import Synchronization
import Testing

@testable import MLLP

@Suite struct ByteBudgetTests {
    private final class Counter: Sendable {
        private let number = Atomic(0)
        var count: Int { number.load(ordering: .relaxed) }
        func add() { number.add(1, ordering: .relaxed) }
    }

    @Test func `everyone reads below the limit`() {
        let budget = ByteBudget(bytesMax: 100)
        budget.add(100)
        #expect(!budget.isExceeded)
        #expect(budget.mayRead(1, isInsideFrame: false) {})
    }

    @Test func `who waits is woken once when room is made`() {
        let budget = ByteBudget(bytesMax: 100)
        let woken = Counter()
        budget.add(150)
        #expect(!budget.mayRead(1, isInsideFrame: false) { woken.add() })
        budget.add(-40)
        #expect(woken.count == 0)
        budget.add(-10)
        #expect(woken.count == 1)
        budget.add(60)
        budget.add(-60)
        #expect(woken.count == 1)
    }

    @Test func `one connection at a time may finish its frame beyond the limit`() {
        let budget = ByteBudget(bytesMax: 100)
        let woken = Counter()
        budget.add(150)
        #expect(budget.mayRead(1, isInsideFrame: true) {})
        #expect(!budget.mayRead(2, isInsideFrame: true) { woken.add() })
        #expect(budget.mayRead(1, isInsideFrame: true) {})
        budget.frameEnded(2)
        #expect(woken.count == 0)
        budget.frameEnded(1)
        #expect(woken.count == 1)
        #expect(budget.mayRead(2, isInsideFrame: true) {})
    }

    @Test func `a connection that ends hands its exemption on`() {
        let budget = ByteBudget(bytesMax: 100)
        let woken = Counter()
        budget.add(150)
        #expect(budget.mayRead(1, isInsideFrame: true) {})
        #expect(!budget.mayRead(2, isInsideFrame: true) { woken.add() })
        budget.frameEnded(1, connectionEnded: true)
        #expect(woken.count == 1)
    }
}
