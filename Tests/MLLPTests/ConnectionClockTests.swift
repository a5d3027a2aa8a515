import Testing

@testable import MLLP

@Suite struct ConnectionClockTests {
    private func clock(_ change: (inout MLLPLimits) -> Void = { _ in }) -> ConnectionClock {
        var limits = MLLPLimits()
        change(&limits)
        return ConnectionClock(limits: limits)
    }

    @Test func `a connection between frames never expires`() {
        var clock = clock()
        #expect(clock.deadline == nil)
        clock.frameContinued(bytes: 10, isNew: true, awaitsSilence: false, at: .seconds(5))
        clock.frameEnded()
        #expect(clock.deadline == nil)
        #expect(clock.expired(at: .seconds(1_000_000)) == nil)
    }

    @Test func `a frame stalls 30 s after its last byte`() {
        var clock = clock()
        clock.frameContinued(bytes: 1_000_000, isNew: true, awaitsSilence: false, at: .seconds(5))
        clock.frameContinued(bytes: 2_000_000, isNew: false, awaitsSilence: false, at: .seconds(25))
        #expect(clock.deadline == .seconds(55))
        #expect(clock.expired(at: .milliseconds(54_999)) == nil)
        #expect(clock.expired(at: .seconds(55)) == .frame(.stalled))
        #expect(clock.expired(at: .seconds(56)) == nil)
    }

    @Test func `a frame that gets a byte a second is closed after 30 s, not before`() {
        var clock = clock()
        for second in 0..<30 {
            clock.frameContinued(bytes: second + 1, isNew: second == 0, awaitsSilence: false, at: .seconds(second))
            #expect(clock.expired(at: .seconds(second)) == nil)
        }
        #expect(clock.deadline == .seconds(30))
        #expect(clock.expired(at: .seconds(30)) == .frame(.tooSlow))
    }

    @Test func `a long frame lives as long as it averages 4 KiB/s`() {
        var clock = clock()
        clock.frameContinued(bytes: 4_096 * 10, isNew: true, awaitsSilence: false, at: .zero)
        for second in stride(from: 20, through: 200, by: 20) {
            #expect(clock.expired(at: .seconds(second)) == nil)
            clock.frameContinued(bytes: 4_096 * (second + 25), isNew: false, awaitsSilence: false, at: .seconds(second))
        }
        #expect(clock.deadline == .seconds(225))
        #expect(clock.expired(at: .seconds(225)) == .frame(.tooSlow))
    }

    @Test func `a new frame starts its own time`() {
        var clock = clock()
        clock.frameContinued(bytes: 10, isNew: true, awaitsSilence: false, at: .zero)
        clock.frameContinued(bytes: 10, isNew: true, awaitsSilence: false, at: .seconds(29))
        #expect(clock.deadline == .seconds(59))
    }

    @Test func `the frame's time stands still while we pause reading`() {
        var clock = clock()
        clock.frameContinued(bytes: 10, isNew: true, awaitsSilence: false, at: .zero)
        clock.readingPaused(at: .seconds(10))
        #expect(clock.deadline == nil)
        #expect(clock.expired(at: .seconds(500)) == nil)
        clock.readingPaused(at: .seconds(600))
        clock.readingResumed(at: .seconds(1_000))
        #expect(clock.deadline == .seconds(1_020))
        #expect(clock.expired(at: .seconds(1_020)) == .frame(.stalled))
    }

    @Test func `an end byte that nothing follows is final after 250 ms`() {
        var clock = clock()
        clock.frameContinued(bytes: 10, isNew: true, awaitsSilence: true, at: .seconds(1))
        #expect(clock.deadline == .milliseconds(1_250))
        #expect(clock.expired(at: .milliseconds(1_249)) == nil)
        #expect(clock.expired(at: .milliseconds(1_250)) == .silence)
    }

    @Test func `a handshake has its own time`() {
        var clock = clock { $0.handshakeTime = .seconds(3) }
        clock.handshakeBegan(at: .seconds(1))
        #expect(clock.deadline == .seconds(4))
        #expect(clock.expired(at: .seconds(4)) == .handshake)
        clock.handshakeBegan(at: .seconds(10))
        clock.handshakeEnded()
        #expect(clock.deadline == nil)
    }

    @Test func `a peer that takes nothing expires, one that goes on does not`() {
        var clock = clock()
        clock.writingBlocked(at: .seconds(1))
        clock.writingBlocked(at: .seconds(20))
        #expect(clock.deadline == .seconds(31))
        clock.writingContinued()
        #expect(clock.deadline == nil)
        clock.writingBlocked(at: .seconds(40))
        #expect(clock.expired(at: .seconds(70)) == .write)
    }

    @Test func `while a connection lingers nothing else is timed`() {
        var clock = clock()
        clock.frameContinued(bytes: 10, isNew: true, awaitsSilence: true, at: .zero)
        clock.writingBlocked(at: .zero)
        clock.lingerBegan(at: .zero)
        #expect(clock.deadline == .seconds(1))
        #expect(clock.expired(at: .seconds(1)) == .linger)
        #expect(clock.deadline == nil)
    }
}
