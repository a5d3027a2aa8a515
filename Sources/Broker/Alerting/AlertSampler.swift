import CLinux
import Foundation
import HL7
import Interfaces
import Journaling

/// Takes samples of a running broker. Looks at what is in memory, a few counts of the journal, and the newest messages:
/// nothing on the way of a message.
final class AlertSampler {
    private let broker: Broker
    private let activity: Activity
    private let folder: String
    private var disk = DiskWatch()
    /// The last differences between MSH-7 and arrival, in seconds, by provider.
    private var skews: [String: [Double]] = [:]
    private var lastSeq: Int64?

    /// Messages of which MSH-7 is read, a sample.
    private static let skewPage = 100
    /// Differences remembered, and needed, a provider.
    private static let (skewsMax, skewsMin) = (10, 5)

    init(broker: Broker, activity: Activity, folder: String) {
        self.broker = broker
        self.activity = activity
        self.folder = folder
    }

    /// Seconds east of UTC, by the clock on the wall.
    static func zone(at now: Int64) -> Int64 {
        Int64(TimeZone.current.secondsFromGMT(for: Date(timeIntervalSince1970: Double(now) / 1e6)))
    }

    /// How much each provider has sent since the start.
    var totals: [String: Int] {
        let days = activity.current
        return Dictionary(
            broker.configurations.current.providers.filter { !$0.senders.isEmpty }.map {
                ($0.name, days[$0.name]?.total ?? 0)
            }, uniquingKeysWith: { first, _ in first })
    }

    func sample(_ baseline: TrafficBaseline) async throws -> BrokerSample {
        let now = broker.clock.now()
        let configuration = broker.configurations.current
        let days = activity.current
        var sample = BrokerSample()
        sample.upSeconds = Double(now - broker.startedAt) / 1e6
        try await noteSkews(configuration)
        for provider in configuration.providers where !provider.senders.isEmpty {
            sample.providers[provider.name] = self.provider(provider.name, days[provider.name], baseline, now)
        }
        // Of senders that no provider claims.
        if let day = days["unknown"] { sample.providers["unknown"] = provider("unknown", day, baseline, now) }
        sample.endpoints = try await endpoints(configuration, days, now)
        for file in configuration.certificateUses.keys {
            sample.certificates[file] = .some(CertificateDays.left(in: file, at: now))
        }
        if let max = configuration.broker.retention.bodiesSize {
            sample.textShare = Double(try await broker.journal.textBytes()) / Double(max)
        }
        sample.isDiskLow = broker.journal.backlog.isDiskLow
        if let free = Self.free(folder) { sample.diskDays = disk.days(free: free, at: now) }
        return sample
    }

    private func provider(
        _ name: String, _ day: Activity.Day?, _ baseline: TrafficBaseline, _ now: Int64
    ) -> BrokerSample.Provider {
        var sample = BrokerSample.Provider()
        let counts = day?.recent.counts(minutes: 5, at: now)
        sample.messages = counts?.all ?? 0
        sample.refused = counts?.failed ?? 0
        sample.hasUnrouted = day?.recent.hasUnrouted(minutes: 15, at: now) ?? false
        // While the broker was away nobody could send.
        let last = max(day?.last ?? broker.startedAt, broker.startedAt)
        sample.hasSent = day?.last != nil
        sample.quietSeconds = Double(now - last) / 1e6
        sample.expected = baseline.expected(name, from: last, to: now, zone: Self.zone(at: now))
        let skews = skews[name] ?? []
        // A message that waited on its way is old by right; one that came at once tells the time of its sender.
        if skews.count >= Self.skewsMin { sample.skewSeconds = skews.min { abs($0) < abs($1) } }
        return sample
    }

    private func endpoints(
        _ configuration: Configuration, _ days: [String: Activity.Day], _ now: Int64
    ) async throws -> [String: BrokerSample.Endpoint] {
        let queues = Dictionary(
            try await broker.journal.queues().map { ($0.endpoint, $0) }, uniquingKeysWith: { first, _ in first })
        let pauses = Dictionary(
            try await broker.journal.pauses().map { ($0.endpoint, $0) }, uniquingKeysWith: { first, _ in first })
        let reached = await broker.workers.reachabilities()
        var samples: [String: BrokerSample.Endpoint] = [:]
        for endpoint in configuration.providers.flatMap(\.endpoints) {
            var sample = BrokerSample.Endpoint()
            sample.maxAge = endpoint.maxAge
            if let queue = queues[endpoint.name] {
                sample.waiting = queue.queued
                sample.oldestSeconds = Double(now - queue.oldestReceivedAt) / 1e6
            }
            let reach = reached[endpoint.name]
            sample.unreachedSeconds = reach?.unreachedSince.map { Double(Clock.monotonic() - $0) / 1e6 }
            sample.wasReached = reach?.wasReached ?? false
            if let recent = days[endpoint.name]?.recent {
                (sample.attempts, sample.failures) = recent.counts(minutes: 5, at: now)
                sample.attemptSeconds = recent.seconds(share: 0.95, minutes: 10, at: now, countMin: 5)
            }
            if let pause = pauses[endpoint.name], pause.actor == "broker" { sample.pausedBecause = pause.reason }
            samples[endpoint.name] = sample
        }
        return samples
    }

    // MARK: Clocks

    private func noteSkews(_ configuration: Configuration) async throws {
        let newest = try await broker.journal.lastSeq()
        let after = max(lastSeq ?? newest, newest - Int64(Self.skewPage))
        lastSeq = newest
        guard newest > after else { return }
        for stored in try await broker.journal.stored(after: after, limit: Self.skewPage) {
            guard let provider = stored.entry.provider, stored.entry.disposition == .accepted, let body = stored.body,
                let seconds = skew(stored.entry, body, configuration)
            else { continue }
            skews[provider, default: []].append(seconds)
            if skews[provider, default: []].count > Self.skewsMax { skews[provider]?.removeFirst() }
        }
    }

    private func skew(_ entry: JournalEntry, _ body: [UInt8], _ configuration: Configuration) -> Double? {
        // It was read when it came, and what MSH-7 says then may still be no time.
        guard let message = try? configuration.stored(QueuedEntry(entry, body: body), body: body),
            let text = message["MSH-7"], let time = try? Timestamp(text)
        else { return nil }
        let rule = configuration.rule(of: QueuedEntry(entry, body: nil), message.header)
        guard let sent = time.microseconds(zone: rule?.timezone?.rule) else { return nil }
        return Double(sent - entry.receivedAt) / 1e6
    }

    private static func free(_ folder: String) -> Int64? {
        let free = clinux_free_bytes(folder)
        return free < 0 ? nil : free
    }
}

extension Timestamp {
    /// Microseconds since 1970-01-01 UTC; nil without minutes, or if nothing says which zone it is in.
    func microseconds(zone: NamedTimeZone?) -> Int64? {
        guard let month, let day, let hour, let minute,
            let offset = offsetMinutes
                ?? zone?.offsetMinutes(year: year, month: month, day: day, hour: hour, minute: minute)
        else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let components = DateComponents(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second ?? 0)
        guard let date = calendar.date(from: components) else { return nil }
        return (Int64(date.timeIntervalSince1970) - Int64(offset) * 60) * 1_000_000
    }
}
