internal import HL7
internal import MLLP
internal import NIOCore
internal import Synchronization

/// One connection of a run: keeps its window full and matches answers to messages.
final class SendConnection: Sendable {
    struct Settings: Sendable {
        var place: HostPort
        var secrets: ClientSecrets?
        var window: Int
        var timeout: Duration
        /// How long a lost connection is tried again; nil: not at all.
        var retry: Duration?
        /// Nanoseconds between the due times of two messages; nil without a rate.
        var interval: Double?
    }

    private struct Pending {
        var message: SendPlan.Outgoing
        /// Nanoseconds: when it was due or written.
        var since: UInt64
        var writtenAt: UInt64
    }

    private enum Outcome { case done, lost }

    private struct State {
        var link: MLLPConnection?
        /// Events of earlier links are ignored.
        var generation = 0
        var cursor = 0
        var pending: [Pending] = []
        /// Answered entries at the front of `pending`.
        var head = 0
        var mayFollowUp: Set<ArraySlice<UInt8>> = []
        var lastActivity: UInt64 = 0
        var tally = SendTally()
        var outcome: Outcome?
        /// We are the ones who closed it; why is in the tally.
        var isGivenUp = false
        var waiter: CheckedContinuation<Outcome, Never>?

        var inFlight: Int { pending.count - head }
    }

    /// How long further answers are waited for once every message has its own.
    private static let followUpWait: UInt64 = 2_000_000_000

    private let number: Int
    private let source: SendSource
    private let settings: Settings
    private let startedAt = Atomic<UInt64>(0)
    private let state = Mutex(State())

    init(number: Int, source: SendSource, settings: Settings) {
        self.number = number
        self.source = source
        self.settings = settings
    }

    static var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

    // MARK: Connecting

    /// Connects; with `retry`, again and again until it succeeds or that time is over.
    func open() async throws(MLLPClientError) {
        let began = Self.now
        while true {
            do throws(MLLPClientError) {
                return try await connect()
            } catch {
                let isOver = settings.retry.map { Self.now - began >= $0.nanoseconds } ?? true
                if isOver { throw error }
            }
            // Ends early only if the run is cancelled, and then the next attempt ends it.
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    private func connect() async throws(MLLPClientError) {
        let generation = state.withLock { state in
            state.generation += 1
            state.outcome = nil
            state.isGivenUp = false
            return state.generation
        }
        let link = try await MLLPConnection.connect(
            host: settings.place.host, port: settings.place.port, tls: settings.secrets,
            onFrame: { [weak self] in self?.received($0, generation) },
            onClose: { [weak self] in self?.closed($0, generation) })
        state.withLock { $0.link = link }
    }

    /// Sends until the plan is through, and gives what came back.
    ///
    /// - Parameter start: when the run began, which due times are counted from.
    func run(from start: UInt64) async -> SendTally {
        startedAt.store(start, ordering: .releasing)
        resend()
        pump()
        while await outcome() == .lost {
            guard settings.retry != nil else { break }
            do throws(MLLPClientError) {
                try await open()
            } catch {
                state.withLock { $0.tally.add(error: "\(error)") }
                break
            }
            state.withLock { $0.tally.reconnects += 1 }
            resend()
            pump()
        }
        return state.withLock { state in
            state.generation += 1
            state.link?.close()
            state.link = nil
            return state.tally
        }
    }

    func fail(_ error: MLLPClientError) -> SendTally {
        var tally = SendTally()
        tally.add(error: "\(error)")
        return tally
    }

    private func outcome() async -> Outcome {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                if let outcome = state.outcome {
                    continuation.resume(returning: outcome)
                } else {
                    state.waiter = continuation
                }
            }
        }
    }

    private static func end(_ outcome: Outcome, _ state: inout State) {
        guard state.outcome == nil else { return }
        state.outcome = outcome
        state.waiter?.resume(returning: outcome)
        state.waiter = nil
    }

    // MARK: Writing

    /// Fills the window. Called from any thread; the lock keeps the order of writing that of `pending`.
    func pump() {
        state.withLock { state in
            guard let link = state.link, state.outcome == nil else { return }
            var payloads: [[UInt8]] = []
            while state.inFlight < settings.window, let message = source.next(for: number, cursor: &state.cursor) {
                payloads.append(message.payload)
                state.tally.sent += 1
                state.lastActivity = Self.now
                guard message.isAnswered else {
                    state.tally.unanswerable += 1
                    if message.mayFollowUp { state.mayFollowUp.insert(message.controlID) }
                    continue
                }
                let now = state.lastActivity
                let due = settings.interval.map {
                    startedAt.load(ordering: .relaxed) + UInt64(Double(message.index) * $0)
                }
                state.pending.append(Pending(message: message, since: due ?? now, writtenAt: now))
            }
            if !payloads.isEmpty { link.write(payloads) }
            endIfThrough(&state)
        }
    }

    /// After a reconnection: what has no answer yet, again and in order.
    private func resend() {
        state.withLock { state in
            state.pending.removeFirst(state.head)
            state.head = 0
            let now = Self.now
            for index in state.pending.indices { state.pending[index].writtenAt = now }
            if !state.pending.isEmpty { state.link?.write(state.pending.map(\.message.payload)) }
        }
    }

    private func endIfThrough(_ state: inout State) {
        guard state.inFlight == 0, source.isExhausted(for: number, cursor: state.cursor) else { return }
        if state.mayFollowUp.isEmpty || Self.now - state.lastActivity > Self.followUpWait { Self.end(.done, &state) }
    }

    /// Gives up on answers that are overdue. Called now and then.
    func tick() {
        state.withLock { state in
            guard state.link != nil, state.outcome == nil else { return }
            let now = Self.now
            if state.inFlight > 0, now > state.pending[state.head].writtenAt + settings.timeout.nanoseconds {
                state.tally.add(error: "\(settings.place): no answer within \(settings.timeout)")
                state.isGivenUp = true
                state.link?.close()
            }
            endIfThrough(&state)
        }
    }

    // MARK: Reading

    private func received(_ frame: Frame, _ generation: Int) {
        guard case .message(let bytes) = frame else {
            if frame != .empty { noteBroken(generation) }
            return
        }
        let answer = AnswerFields(bytes)
        state.withLock { state in
            guard generation == state.generation else { return }
            state.lastActivity = Self.now
            if state.inFlight > 0, state.pending[state.head].message.controlID == answer.controlID {
                let entry = state.pending[state.head]
                state.tally.answered += 1
                state.tally.latencies.add(state.lastActivity - min(entry.since, state.lastActivity))
                Self.count(answer, bytes, &state.tally)
                if entry.message.mayFollowUp { state.mayFollowUp.insert(entry.message.controlID) }
                Self.advance(&state)
            } else if state.mayFollowUp.remove(answer.controlID) != nil {
                state.tally.followUps += 1
                Self.count(answer, bytes, &state.tally)
            } else {
                state.tally.mismatched += 1
                Self.count(answer, bytes, &state.tally)
                state.tally.add(error: "\(settings.place): an answer whose MSA-2 is not the control id sent")
                if state.inFlight > 0 { Self.advance(&state) }
            }
        }
        pump()
    }

    private static func advance(_ state: inout State) {
        state.head += 1
        if state.head >= 1024, state.head * 2 >= state.pending.count {
            state.pending.removeFirst(state.head)
            state.head = 0
        }
    }

    private static func count(_ answer: AnswerFields, _ bytes: [UInt8], _ tally: inout SendTally) {
        tally.codes[
            answer.code.elementsEqual("AA".utf8) ? "AA" : String(decoding: answer.code, as: UTF8.self), default: 0] += 1
        guard !answer.isAccept, tally.refusals.count < SendTally.refusalsMax else { return }
        tally.refusals.append(SendTally.Refusal(bytes))
    }

    private func noteBroken(_ generation: Int) {
        state.withLock { state in
            guard generation == state.generation else { return }
            state.tally.add(error: "\(settings.place): an answer without its end, or too long")
            state.isGivenUp = true
            state.link?.close()
        }
    }

    private func closed(_ error: MLLPClientError?, _ generation: Int) {
        state.withLock { state in
            guard generation == state.generation else { return }
            state.link = nil
            if let error { state.tally.add(error: "\(error)") }
            let isThrough = state.inFlight == 0 && source.isExhausted(for: number, cursor: state.cursor)
            if !isThrough, error == nil, settings.retry == nil, !state.isGivenUp {
                state.tally.add(error: "\(settings.place) closed the connection before every message was answered")
            }
            Self.end(isThrough ? .done : .lost, &state)
        }
    }
}

extension Duration {
    var nanoseconds: UInt64 {
        UInt64(max(0, components.seconds)) * 1_000_000_000 + UInt64(max(0, components.attoseconds) / 1_000_000_000)
    }
}

extension SendTally.Refusal {
    /// Reads an answer that accepts nothing.
    init(_ bytes: [UInt8]) {
        // Bytes that are no message have no reasons to show.
        guard let message = try? Message(parsing: bytes) else {
            self.init(controlID: "", code: "unreadable", reasons: [])
            return
        }
        var reasons: [String] = []
        for error in message.segments("ERR").prefix(5) {
            let parts = [error[2] ?? "", error[3, component: 1] ?? "", error[8] ?? ""]
            reasons.append(
                parts.contains { !$0.isEmpty } ? parts.filter { !$0.isEmpty }.joined(separator: " ") : error[1] ?? "")
        }
        if reasons.isEmpty, let text = message["MSA-3"], !text.isEmpty { reasons = [text] }
        self.init(controlID: message["MSA-2"] ?? "", code: message["MSA-1"] ?? "", reasons: reasons)
    }
}
