package import Auditing
import Foundation
package import Interfaces
package import Journaling
import Logging
package import ServiceLifecycle
import Synchronization

/// Looks at the broker every few seconds, opens and closes alerts, and tells people.
///
///     sample → AlertRules → changes → journal.record → AlertBook → notices → channels
///
/// Every change is an audit event before anything else, so that alerts survive restarts: a start takes up ``AlertFile``
/// and the events after it. Each opens once and closes once; a channel that was not reached is tried again, so what it
/// tells may come twice after a crash, and is told apart by its id and time.
package actor AlertCenter: Service {
    let broker: Broker
    private let sampler: AlertSampler
    private let folder: String
    /// Between the first two tries to tell somebody.
    let retry: Duration
    private var file: AlertFile
    private var baseline = TrafficBaseline()
    /// What the open alerts say now.
    private var texts: [AlertID: String] = [:]
    private var auditDamage: String?
    private var isLoaded = false
    private var isLooking = false
    private let looked = Signal()
    /// Changes being recorded, and all that ever were begun.
    private var recording = (now: 0, all: 0)
    /// Fired when somebody is to be told something.
    let told = Signal()

    /// Notices that one channel has waiting; the oldest are given up.
    private static let outboxMax = 1_000
    private static let page = 500

    /// - Parameters:
    ///   - activity: what providers and endpoints did lately.
    ///   - folder: the data folder, where `alerts.json` and `traffic.json` appear.
    package init(broker: Broker, activity: Activity, folder: String, retry: Duration = .seconds(5)) {
        self.broker = broker
        self.folder = folder
        self.retry = retry
        sampler = AlertSampler(broker: broker, activity: activity, folder: folder)
        file = AlertFile(lastBackup: broker.clock.now())
    }

    private var settings: AlertSettings { broker.configurations.current.broker.alerts }
    private var path: String { folder + "/alerts.json" }
    private var trafficPath: String { folder + "/traffic.json" }

    // MARK: Life

    /// Runs until graceful shutdown. Never throws: alerts must not end the broker.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.watch() }
        save()
        // When the journal is closed first, there is nothing to do until everything ends.
        try? await gracefulShutdown()
    }

    private func watch() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.lookAgainAndAgain() }
            group.addTask { await self.verifyNowAndThen() }
            for channel in AlertChannelName.allCases { group.addTask { await self.tell(channel) } }
        }
    }

    private func lookAgainAndAgain() async {
        while !Task.isCancelled {
            do {
                try await look()
            } catch is CancellationError {
                return
            } catch let error as JournalError where error.code == .closed || error.code == .storageLost {
                return
            } catch {
                broker.log.error("cannot look for alerts", metadata: ["error": "\(error)"])
            }
            // Cancelled: then the loop ends.
            try? await Task.sleep(for: settings.every)
        }
    }

    /// Takes a sample, and does what follows from it: one look after the other, or two would open the same alert.
    package func look() async throws {
        while true {
            try Task.checkCancellation()
            let generation = looked.generation
            guard isLooking else { break }
            await looked.wait(since: generation)
        }
        isLooking = true
        defer {
            isLooking = false
            looked.fire()
        }
        try await lookNow()
    }

    private func lookNow() async throws {
        try await load()
        var sample = try await sampler.sample(baseline)
        let now = broker.clock.now()
        sample.backupSeconds = Double(now - file.lastBackup) / 1e6
        sample.auditDamage = auditDamage
        let readings = AlertRules(settings).readings(of: sample, open: file.book.open.mapValues(\.level))
        texts = Dictionary(readings.map { ($0.id, $0.text) }, uniquingKeysWith: { first, _ in first })
        try await record(file.book.changes(for: readings, at: now))
        // Nobody is told where a site does not want to be.
        let isTold = file.book.open[AlertID(.bodies)] != nil || settings.off.contains(.bodies)
        broker.retention.mayFollowSize.withLock { $0 = isTold }
        for notice in file.book.takeNotices(at: now) { post(notice) }
        let silent = Set(file.book.open.keys.filter { $0.kind == .silence }.map(\.subject))
        if baseline.take(sampler.totals, silent: silent, at: now, zone: AlertSampler.zone(at: now)) {
            write(baseline, to: trafficPath)
        }
        try await advance()
        save()
    }

    // MARK: What is known

    /// Takes up the file, and what happened after it was written.
    private func load() async throws {
        guard !isLoaded else { return }
        let last = try await broker.journal.lastEventNumber()
        let stored: AlertFile? = AlertFile.read(path)
        // A file that is ahead of the journal belongs to another one.
        if let stored, stored.position <= last { file = stored }
        baseline = AlertFile.read(trafficPath) ?? baseline
        while file.position < last {
            let events = try await broker.journal.events(after: file.position, limit: Self.page)
            guard let newest = events.last else { break }
            for event in events {
                if event.kind == .backupMade { file.lastBackup = event.at }
                guard let change = AlertChange(event), let notice = file.book.apply(change) else { continue }
                post(notice)
            }
            file.position = newest.number
        }
        auditDamage = file.book.open[AlertID(.audit)]?.text
        isLoaded = true
        save()
    }

    /// Journals changes, and applies them to the book.
    private func record(_ changes: [AlertChange]) async throws(JournalError) {
        guard !changes.isEmpty else { return }
        recording.now += 1
        recording.all += 1
        defer { recording.now -= 1 }
        try await broker.journal.record(changes.map(\.event))
        for change in changes {
            if let notice = file.book.apply(change) { post(notice) }
            broker.log.notice("alert", metadata: ["change": "\(change.event.kind)", "alert": "\(change.id)"])
        }
        broker.events.fire()
    }

    /// Moves the position on, if the book has everything up to there.
    private func advance() async throws(JournalError) {
        let before = recording
        let last = try await broker.journal.lastEventNumber()
        if before.now == 0, recording == before { file.position = last }
    }

    private func save() {
        guard isLoaded else { return }
        write(file, to: path)
    }

    private func write(_ value: some Encodable, to path: String) {
        do { try AlertFile.write(value, to: path) } catch {
            broker.log.error("cannot keep what is known of alerts", metadata: ["file": "\(path)", "error": "\(error)"])
        }
    }

    // MARK: People

    /// An alert as people see it.
    package struct Shown: Sendable {
        package var alert: Alert
        /// What it would say if it was opened now.
        package var now: String
        package var silencedUntil: Int64?
    }

    /// The open alerts, the most serious first.
    package func open() -> [Shown] {
        let now = broker.clock.now()
        let severities = Alert.Severity.allCases
        return file.book.open.values.map { alert in
            Shown(
                alert: alert, now: texts[alert.id] ?? alert.text,
                silencedUntil: file.book.isSilenced(alert.id, at: now) ? file.book.silences[alert.id] : nil)
        }.sorted { left, right in
            let (a, b) = (
                severities.firstIndex(of: left.alert.severity), severities.firstIndex(of: right.alert.severity)
            )
            return (b ?? 0, right.alert.openedAt, "\(left.alert.id)") < (
                a ?? 0, left.alert.openedAt, "\(right.alert.id)"
            )
        }
    }

    /// How many are open, by kind.
    package var counts: [AlertKind: Int] {
        file.book.open.keys.reduce(into: [:]) { counts, id in counts[id.kind, default: 0] += 1 }
    }

    /// Says who has it in hand.
    package func acknowledge(_ id: AlertID, _ request: ChangeRequest) async throws(JournalError) {
        guard file.book.open[id] != nil else { throw JournalError(.notFound, "no alert \(id) is open") }
        try await record([
            AlertChange(id, .acknowledged(reason: request.reason), at: broker.clock.now(), actor: request.actor)
        ])
        save()
    }

    /// Tells nobody about it until a time, whether it is open or not; a time that has passed ends the silence.
    package func silence(_ id: AlertID, until: Int64, _ request: ChangeRequest) async throws(JournalError) {
        guard file.book.silences[id] != nil || file.book.silences.count < AlertBook.silencesMax else {
            throw JournalError(.conflict, "\(AlertBook.silencesMax) alerts are silenced; let some speak first")
        }
        // Whole seconds, as the event has it.
        let whole = until / 1_000_000 * 1_000_000
        try await record([
            AlertChange(
                id, .silenced(until: whole, reason: request.reason), at: broker.clock.now(), actor: request.actor)
        ])
        save()
    }

    /// Somebody made a backup.
    package func noteBackup(at time: Int64) { file.lastBackup = time }

    /// Somebody verified the audit log.
    ///
    /// - Parameter damage: nil: it is intact.
    package func noteAudit(damage: String?) async throws {
        // What is loaded says how it was before.
        if !isLoaded { try await look() }
        auditDamage = damage
        try await look()
    }

    private func verifyNowAndThen() async {
        let began = broker.clock.now()
        while !Task.isCancelled {
            // Cancelled: then the loop ends.
            try? await Task.sleep(for: .seconds(60))
            let now = broker.clock.now()
            guard isLoaded, let every = settings.audit, now - (file.lastAudit ?? began) >= every.microseconds,
                !Task.isCancelled
            else { continue }
            file.lastAudit = now
            // Nothing was verified when the broker stops meanwhile.
            guard let damage = await Self.damage(in: folder) else { return }
            do { try await noteAudit(damage: damage.isEmpty ? nil : damage) } catch {
                broker.log.error("cannot look for alerts", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Verifies the log on a thread of its own: it can take minutes, and a stop must not wait for it.
    ///
    /// - Returns: what is wrong; empty if nothing is; nil when the task is cancelled.
    private static func damage(in folder: String) async -> String? {
        let (results, note) = AsyncStream.makeStream(of: String.self)
        DispatchQueue.global(qos: .utility).async {
            do throws(JournalError) {
                let report = try JournalAudit.verify(folder: folder).report
                note.yield(report.isGood ? "" : report.lines.first ?? "it is damaged")
            } catch {
                // A log that cannot be read is damaged too.
                note.yield(error.text)
            }
            note.finish()
        }
        return await results.first { _ in true }
    }

    // MARK: Telling

    private func post(_ notice: AlertNotice) {
        for channel in settings.channels {
            var outbox = file.outboxes[channel.name.rawValue] ?? []
            outbox.append(notice)
            if outbox.count > Self.outboxMax { outbox.removeFirst(outbox.count - Self.outboxMax) }
            file.outboxes[channel.name.rawValue] = outbox
        }
        told.fire()
    }

    /// What a channel is to tell next; nil: nothing, or there is no such channel any more.
    func next(for name: AlertChannelName) -> (notice: AlertNotice, channel: AlertChannelSettings)? {
        guard let notice = file.outboxes[name.rawValue]?.first else { return nil }
        guard let channel = settings.channels.first(where: { $0.name == name }) else {
            file.outboxes[name.rawValue] = nil
            return nil
        }
        return (notice, channel)
    }

    func wasTold(_ notice: AlertNotice, by name: AlertChannelName) {
        if file.outboxes[name.rawValue]?.first == notice { file.outboxes[name.rawValue]?.removeFirst() }
        save()
    }
}
