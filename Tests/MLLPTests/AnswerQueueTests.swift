import Testing

@testable import MLLP

@Suite struct AnswerQueueTests {
    private func taken(_ queue: inout AnswerQueue) -> [[String]] {
        var result: [[String]] = []
        while let reply = queue.next() { result.append(reply.payloads.map { String(decoding: $0, as: UTF8.self) }) }
        return result
    }

    private func reply(_ texts: String...) -> Answer.Reply { Answer.Reply(texts.map { Array($0.utf8) }) }

    @Test func `answers given in reverse leave in order`() {
        var queue = AnswerQueue()
        let numbers = (0..<4).map { _ in queue.open(bytes: 10) }
        #expect(numbers == [0, 1, 2, 3])
        for number in numbers.reversed() {
            #expect(queue.next() == nil)
            queue.complete(number, with: reply("\(number)"))
        }
        #expect(taken(&queue) == [["0"], ["1"], ["2"], ["3"]])
        #expect(queue.count == 0)
        #expect(queue.bytes == 0)
    }

    @Test func `an answer without payload lets the next one go`() {
        var queue = AnswerQueue()
        let first = queue.open(bytes: 1)
        let second = queue.open(bytes: 2)
        queue.complete(second, with: reply("b"))
        queue.complete(first, with: reply())
        #expect(taken(&queue) == [[], ["b"]])
    }

    @Test func `only the first answer to a frame counts`() {
        var queue = AnswerQueue()
        let number = queue.open(bytes: 1)
        queue.complete(number, with: reply("a"))
        queue.complete(number, with: reply("b"))
        #expect(taken(&queue) == [["a"]])
        queue.complete(number, with: reply("c"))
        #expect(queue.next() == nil)
    }

    @Test func `following payloads wait for their answer and are refused after it`() {
        var queue = AnswerQueue()
        let first = queue.open(bytes: 1)
        let second = queue.open(bytes: 1)
        let isHeld = queue.follow(second, with: [Array("later".utf8)])
        #expect(isHeld)
        queue.complete(second, with: reply("b"))
        queue.complete(first, with: reply("a"))
        #expect(taken(&queue) == [["a"], ["b", "later"]])
        let isHeldAgain = queue.follow(second, with: [[1]])
        #expect(!isHeldAgain)
    }

    @Test func `numbers stay right over thousands of frames`() {
        var queue = AnswerQueue()
        var waiting: [Int] = []
        var sum = 0
        for round in 0..<5_000 {
            let number = queue.open(bytes: 1)
            #expect(number == round)
            waiting.append(number)
            if round % 3 == 2 {
                queue.complete(waiting.removeFirst(), with: reply())
                sum += taken(&queue).count
            }
        }
        for number in waiting { queue.complete(number, with: reply()) }
        sum += taken(&queue).count
        #expect(sum == 5_000)
        #expect(queue.bytes == 0)
    }
}
