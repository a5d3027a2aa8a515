import Auditing
import Foundation
import Journaling
import Logging
package import ServiceLifecycle

/// Sends many entries again: one run after another, each at its rate, and after a restart from where it was.
///
/// What a run is stands in a file of its own in `resends/` of the data folder; how far it came is counted from the
/// audit events of its entries, which are in the same transactions as these, so no entry is sent twice or left out.
package actor ResendRuns: Service {
    private let broker: Broker
    private let folder: String
    private let changed = Signal()
    private var runs: [ResendRun] = []

    /// Entries of one run.
    package static let seqsMax = 100_000
    package static let rates = 0.01...1_000
    /// Runs that are remembered.
    private static let runsMax = 50
    private static let eventPage = 5_000

    /// - Parameter folder: the data folder.
    package init(broker: Broker, folder: String) {
        self.broker = broker
        self.folder = folder + "/resends"
    }

    package var all: [ResendRun] { runs }

    /// Runs until graceful shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.work() }
        // When the journal is closed first, there is nothing to do until everything ends.
        try? await gracefulShutdown()
    }

    /// Works until it is cancelled.
    func work() async {
        do {
            try await restore()
            broker.events.fire()
            while !Task.isCancelled {
                let generation = changed.generation
                guard let id = runs.first(where: { $0.next != nil })?.id else {
                    await changed.wait(since: generation)
                    continue
                }
                try await work(on: id)
            }
        } catch is CancellationError {
        } catch let error as JournalError where error.code == .closed {
        } catch { broker.log.error("resends stopped until the next start", metadata: ["error": "\(error)"]) }
    }

    // MARK: What people do

    /// Begins a run.
    ///
    /// - Parameter seqs: in the order in which they are to be sent.
    package func begin(
        _ seqs: [Int64], _ resend: Resend, rate: Double, _ request: ChangeRequest
    ) async throws -> ResendRun {
        guard !seqs.isEmpty else { throw JournalError(.conflict, "there is nothing to send again") }
        guard seqs.count <= Self.seqsMax else {
            throw JournalError(.invalid, "at most \(Self.seqsMax) messages are sent again at a time: ask for fewer")
        }
        guard Self.rates.contains(rate) else {
            throw JournalError(
                .invalid, "rate is a number from \(Self.rates.lowerBound) to \(Self.rates.upperBound) a second")
        }
        for endpoint in resend.endpoints { try broker.requireEndpoint(endpoint) }
        let targets = resend.endpoints.isEmpty ? "where they went before" : resend.endpoints.joined(separator: ", ")
        let first = try await broker.journal.lastEventNumber()
        let run = ResendRun(
            id: "r" + String(broker.clock.now(), radix: 36), actor: request.actor, reason: request.reason,
            endpoints: resend.endpoints, choice: resend.choice, rate: rate, seqs: seqs, firstEvent: first)
        try await record(
            request,
            "\(run.id): \(seqs.count) messages again, to \(targets), configuration of \(resend.choice.rawValue), "
                + "at most \(rate) a second: \(request.reason)")
        try write(run)
        runs.append(run)
        changed.fire()
        return run
    }

    package func stop(_ id: String, _ request: ChangeRequest) async throws -> ResendRun {
        try await set(id, from: .running, to: .stopped, request)
    }

    /// Goes on with a run that was stopped.
    package func go(_ id: String, _ request: ChangeRequest) async throws -> ResendRun {
        try await set(id, from: .stopped, to: .running, request)
    }

    private func set(
        _ id: String, from old: ResendRun.State, to new: ResendRun.State, _ request: ChangeRequest
    ) async throws -> ResendRun {
        guard runs.contains(where: { $0.id == id }) else { throw JournalError(.notFound, "no resend \(id)") }
        try await record(request, "\(id) \(new.rawValue): \(request.reason)")
        // It may have ended while that was recorded.
        guard let index = runs.firstIndex(where: { $0.id == id }), runs[index].state == old else {
            throw JournalError(.conflict, "the resend \(id) is not \(old.rawValue)")
        }
        runs[index].state = new
        try write(runs[index])
        changed.fire()
        return runs[index]
    }

    // MARK: Working

    private func work(on id: String) async throws {
        var bucket: TokenBucket?
        while !Task.isCancelled {
            guard let run = runs.first(where: { $0.id == id }), let seq = run.next else { return }
            var pace = bucket ?? TokenBucket(perSecond: run.rate)
            let now = Clock.monotonic()
            if pace.available(now: now) == 0 {
                let generation = changed.generation
                bucket = pace
                await changed.wait(since: generation, atMost: .microseconds(pace.nextTime(now: now) - now))
                continue
            }
            pace.take(1)
            bucket = pace
            let isSent = try await send(seq, run)
            guard let index = runs.firstIndex(where: { $0.id == id }) else { return }
            runs[index].done += 1
            if !isSent { runs[index].left += 1 }
            if runs[index].done == runs[index].seqs.count {
                runs[index].state = .finished
                try write(runs[index])
            }
            broker.events.fire()
        }
    }

    /// - Returns: false if it cannot be sent again; an event says why.
    private func send(_ seq: Int64, _ run: ResendRun) async throws -> Bool {
        let request = ChangeRequest(actor: run.actor, reason: run.reason)
        let resend = Resend(to: run.endpoints, as: run.choice, mark: run.mark)
        while true {
            do throws(JournalError) {
                _ = try await broker.resend(seq, resend, request)
                return true
            } catch {
                switch error.code {
                case .full:
                    // Intake comes first; there will be room again.
                    try await Task.sleep(for: .seconds(1))
                case .notFound, .conflict, .invalid:
                    try await broker.journal.record([
                        AuditEvent(
                            .resendLeft, at: broker.clock.now(), actor: run.actor, seq: seq,
                            text: "not sent again: \(error.text)\(run.mark)")
                    ])
                    broker.events.fire()
                    return false
                default: throw error
                }
            }
        }
    }

    private func record(_ request: ChangeRequest, _ text: String) async throws {
        try await broker.journal.record([
            AuditEvent(.resendChanged, at: broker.clock.now(), actor: request.actor, text: text)
        ])
        broker.events.fire()
    }

    // MARK: Files

    private func path(_ run: ResendRun) -> String { "\(folder)/\(run.id).json" }

    private func write(_ run: ResendRun) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try AlertFile.write(run, to: path(run))
        for old in runs.filter({ $0.state == .finished }).prefix(max(0, runs.count - Self.runsMax)) {
            runs.removeAll { $0.id == old.id }
            try FileManager.default.removeItem(atPath: path(old))
        }
    }

    /// Reads the runs of earlier starts, and counts how far those came that were under way.
    private func restore() async throws {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let read = names.filter { $0.hasSuffix(".json") }.compactMap {
            AlertFile.read("\(folder)/\($0)", as: ResendRun.self)
        }
        for var run in read.sorted(by: { $0.firstEvent < $1.firstEvent }) {
            if run.state != .finished { try await count(&run) }
            if !runs.contains(where: { $0.id == run.id }) { runs.append(run) }
        }
    }

    private func count(_ run: inout ResendRun) async throws {
        (run.done, run.left) = (0, 0)
        var after = run.firstEvent
        while true {
            let page = try await broker.journal.events(after: after, limit: Self.eventPage)
            for event in page where event.text?.hasSuffix(run.mark) == true {
                switch event.kind {
                case .messageResent: run.done += 1
                case .resendLeft:
                    run.done += 1
                    run.left += 1
                default: break
                }
            }
            guard let last = page.last else { break }
            after = last.number
        }
        if run.done >= run.seqs.count { run.state = .finished }
    }
}

extension AuditEvent.Kind {
    /// A run of resends was begun, stopped or went on.
    static let resendChanged: Self = "resend.changed"
    /// An entry of a run could not be sent again.
    static let resendLeft: Self = "resend.left"
}
