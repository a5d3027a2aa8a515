/// What went well and what did not in the last minutes, and how long it took: what rates and percentiles are made of.
package struct RecentOutcomes: Hashable, Sendable {
    private struct Slot: Hashable, Sendable {
        /// Since 1970; older than the window: empty.
        var minute: Int64 = -1
        var all = 0
        var failed = 0
    }

    private struct Attempt: Hashable, Sendable {
        var at: Int64
        var milliseconds: Int32
    }

    private static let slotCount = 16
    /// Attempts of which the durations are remembered.
    private static let attemptsMax = 256

    private var slots = [Slot](repeating: Slot(), count: slotCount)
    private var attempts: [Attempt] = []
    private var nextAttempt = 0
    private var lastUnrouted: Int64?

    mutating func add(_ amount: Int, failed: Int, at now: Int64) {
        let minute = now / Activity.minute
        let place = Int(minute % Int64(Self.slotCount))
        if slots[place].minute != minute { slots[place] = Slot(minute: minute) }
        slots[place].all += amount
        slots[place].failed += failed
    }

    mutating func took(_ milliseconds: Int, at now: Int64) {
        let attempt = Attempt(at: now, milliseconds: Int32(clamping: milliseconds))
        if attempts.count < Self.attemptsMax {
            attempts.append(attempt)
        } else {
            attempts[nextAttempt] = attempt
        }
        nextAttempt = (nextAttempt + 1) % Self.attemptsMax
    }

    mutating func noteUnrouted(at now: Int64) { lastUnrouted = now }

    /// Of this minute and some before it.
    ///
    /// - Parameter minutes: at most 15.
    package func counts(minutes: Int, at now: Int64) -> (all: Int, failed: Int) {
        let minute = now / Activity.minute
        return slots.reduce(into: (all: 0, failed: 0)) { sum, slot in
            guard slot.minute <= minute, slot.minute > minute - Int64(minutes) else { return }
            sum.all += slot.all
            sum.failed += slot.failed
        }
    }

    /// Seconds that so large a share of the attempts took at most; nil if there were fewer than `countMin`.
    package func seconds(share: Double, minutes: Int, at now: Int64, countMin: Int) -> Double? {
        let since = now - Int64(minutes) * Activity.minute
        let durations = attempts.filter { $0.at >= since }.map(\.milliseconds).sorted()
        guard durations.count >= max(1, countMin) else { return nil }
        let place = Int((Double(durations.count) * share).rounded(.up)) - 1
        return Double(durations[min(max(0, place), durations.count - 1)]) / 1_000
    }

    package func hasUnrouted(minutes: Int, at now: Int64) -> Bool {
        lastUnrouted.map { $0 >= now - Int64(minutes) * Activity.minute } ?? false
    }
}
