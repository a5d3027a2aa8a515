import Testing

@testable import MLLP

@Suite struct ClientStateTests {
    private let answer = Frame.message([1, 2, 3])

    private func open() -> ClientState {
        var state = ClientState(peer: "peer:1")
        _ = state.handle(.begin(exchange: 1))
        _ = state.handle(.opened(connection: 1))
        _ = state.handle(.frame(answer, connection: 1, isAnswer: true))
        return state
    }

    private func code(_ actions: [ClientState.Action], of exchange: Int) -> MLLPClientError.Code? {
        for case .finish(exchange, .failure(let error)) in actions { return error.code }
        return nil
    }

    @Test func `the first exchange connects, writes and ends with the answer`() {
        var state = ClientState(peer: "peer:1")
        #expect(state.handle(.begin(exchange: 1)) == [.connect(connection: 1)])
        #expect(!state.isOpen)
        #expect(state.handle(.opened(connection: 1)) == [.write(exchange: 1, connection: 1)])
        #expect(state.isOpen)
        #expect(
            state.handle(.frame(answer, connection: 1, isAnswer: true)) == [.finish(exchange: 1, .success([1, 2, 3]))])
    }

    @Test func `the next exchange uses the same connection`() {
        var state = open()
        #expect(state.handle(.begin(exchange: 2)) == [.write(exchange: 2, connection: 1)])
    }

    @Test func `a second exchange at a time is refused without touching the first`() {
        var state = open()
        _ = state.handle(.begin(exchange: 2))
        let actions = state.handle(.begin(exchange: 3))
        #expect(actions.count == 1)
        #expect(code(actions, of: 3) == .busy)
        #expect(
            state.handle(.frame(answer, connection: 1, isAnswer: true)) == [.finish(exchange: 2, .success([1, 2, 3]))])
    }

    @Test func `an overdue answer closes the connection and is never credited to the next exchange`() {
        var state = open()
        _ = state.handle(.begin(exchange: 2))
        let actions = state.handle(.timedOut(exchange: 2))
        #expect(actions.first == .close(connection: 1))
        #expect(code(actions, of: 2) == .timedOut)
        #expect(state.handle(.begin(exchange: 3)) == [.connect(connection: 2)])
        #expect(state.handle(.frame(answer, connection: 1, isAnswer: true)) == [])
        #expect(state.handle(.closed(nil, connection: 1)) == [])
        #expect(state.handle(.opened(connection: 2)) == [.write(exchange: 3, connection: 2)])
        #expect(
            state.handle(.frame(.message([9]), connection: 2, isAnswer: true)) == [.finish(exchange: 3, .success([9]))])
    }

    @Test func `an unanswered exchange ends when it is written, and a frame meanwhile is nobody's answer`() {
        var state = open()
        #expect(state.handle(.beginUnanswered(exchange: 2)) == [.write(exchange: 2, connection: 1)])
        #expect(state.handle(.frame(answer, connection: 1, isAnswer: true)) == [.report(answer)])
        #expect(state.handle(.written(exchange: 2)) == [.finish(exchange: 2, .success([]))])
        _ = state.handle(.begin(exchange: 3))
        #expect(state.handle(.written(exchange: 3)) == [])
        #expect(
            state.handle(.frame(answer, connection: 1, isAnswer: true)) == [.finish(exchange: 3, .success([1, 2, 3]))])
    }

    @Test func `an unanswered exchange fails with its connection`() {
        var state = open()
        _ = state.handle(.beginUnanswered(exchange: 2))
        #expect(code(state.handle(.closed(nil, connection: 1)), of: 2) == .closed)
    }

    @Test func `a late timer of a finished exchange does nothing`() {
        var state = open()
        _ = state.handle(.begin(exchange: 2))
        #expect(state.handle(.timedOut(exchange: 1)) == [])
        #expect(state.handle(.cancelled(exchange: 1)) == [])
        #expect(
            state.handle(.frame(answer, connection: 1, isAnswer: true)) == [.finish(exchange: 2, .success([1, 2, 3]))])
    }

    @Test func `cancelling while connecting gives up that connection`() {
        var state = ClientState(peer: "peer:1")
        _ = state.handle(.begin(exchange: 1))
        let actions = state.handle(.cancelled(exchange: 1))
        #expect(actions.first == .close(connection: 1))
        #expect(code(actions, of: 1) == .cancelled)
        #expect(state.handle(.opened(connection: 1)) == [])
        #expect(!state.isOpen)
    }

    @Test func `a failed opening fails the exchange with its reason`() {
        var state = ClientState(peer: "peer:1")
        _ = state.handle(.begin(exchange: 1))
        let error = MLLPClientError(.connectFailed, "no")
        #expect(state.handle(.closed(error, connection: 1)) == [.finish(exchange: 1, .failure(error))])
        #expect(state.handle(.begin(exchange: 2)) == [.connect(connection: 2)])
    }

    @Test func `the peer closing before its answer fails the exchange`() {
        var state = open()
        _ = state.handle(.begin(exchange: 2))
        #expect(code(state.handle(.closed(nil, connection: 1)), of: 2) == .closed)
        #expect(!state.isOpen)
    }

    @Test(arguments: [
        (Frame.overlong(start: [1], length: 99), MLLPClientError.Code.overlong),
        (Frame.broken(start: [1], error: FrameError(.unfinished, length: 1)), .brokenFrame),
    ])
    func `an answer that breaks the protocol closes the connection`(frame: Frame, expected: MLLPClientError.Code) {
        var state = open()
        _ = state.handle(.begin(exchange: 2))
        let actions = state.handle(.frame(frame, connection: 1, isAnswer: true))
        #expect(actions.contains(.close(connection: 1)))
        #expect(code(actions, of: 2) == expected)
        #expect(state.handle(.begin(exchange: 3)) == [.connect(connection: 2)])
    }

    @Test func `frames that nobody asked for are reported and answer nothing`() {
        var state = open()
        #expect(state.handle(.frame(answer, connection: 1, isAnswer: true)) == [.report(answer)])
        #expect(state.handle(.begin(exchange: 2)) == [.write(exchange: 2, connection: 1)])
        #expect(state.handle(.frame(.empty, connection: 1, isAnswer: true)) == [.report(.empty)])
        #expect(
            state.handle(.frame(.message([7]), connection: 1, isAnswer: true)) == [.finish(exchange: 2, .success([7]))])
    }

    @Test func `closing fails the exchange in progress and the next one connects anew`() {
        var state = open()
        _ = state.handle(.begin(exchange: 2))
        let actions = state.handle(.close)
        #expect(actions.first == .close(connection: 1))
        #expect(code(actions, of: 2) == .closed)
        #expect(state.handle(.close) == [])
        #expect(state.handle(.begin(exchange: 3)) == [.connect(connection: 2)])
    }

    @Test func `a frame that is said to be no answer is reported, and the wait goes on`() {
        var state = ClientState(peer: "peer")
        _ = state.handle(.begin(exchange: 1))
        _ = state.handle(.opened(connection: 1))
        let other = Frame.message([9])
        #expect(state.handle(.frame(other, connection: 1, isAnswer: false)) == [.report(other)])
        #expect(state.awaited == 1 && state.isOpen)
        #expect(
            state.handle(.frame(.message([1]), connection: 1, isAnswer: true))
                == [.finish(exchange: 1, .success([1]))])
        #expect(state.awaited == nil)
    }
}
