package import Interfaces
import Journaling

extension Broker {
    /// Entries that one plan looks at, and changes that it lists.
    package static let planLookedMax = 50_000
    package static let planChangesMax = 500
    private static let planPage = 200

    /// What a configuration would do differently from the one in use with the messages of the last hours, newest first.
    ///
    /// - Parameters:
    ///   - since: not with those received before, microseconds since 1970-01-01 UTC.
    ///   - limit: how many to look at.
    @concurrent
    package func plan(
        _ new: Configuration, since: Int64, limit: Int = Broker.planLookedMax
    ) async throws -> ConfigurationPlan {
        let comparison = PlanComparison(old: configurations.current, new: new)
        var plan = ConfigurationPlan()
        var upper = try await journal.lastSeq()
        while upper > 0 {
            let lower = max(0, upper - Int64(Self.planPage))
            let page = try await stored(after: lower, through: upper)
            for stored in page.reversed() where stored.entry.disposition == .accepted {
                guard stored.entry.receivedAt >= since else { return plan }
                guard plan.looked < limit else {
                    plan.isCut = true
                    return plan
                }
                plan.looked += 1
                plan.newest = plan.newest ?? stored.entry.seq
                plan.oldest = stored.entry.seq
                guard let change = comparison.change(stored) else { continue }
                plan.different += 1
                if plan.changes.count < Self.planChangesMax { plan.changes.append(change) }
            }
            try Task.checkCancellation()
            upper = lower
        }
        return plan
    }

    private func stored(after: Int64, through last: Int64) async throws -> [StoredEntry] {
        var stored: [StoredEntry] = []
        while (stored.last?.entry.seq ?? after) < last {
            let part = try await journal.stored(after: stored.last?.entry.seq ?? after, limit: Self.planPage)
            if part.isEmpty { break }
            stored += part
        }
        return stored.filter { $0.entry.seq <= last }
    }
}
