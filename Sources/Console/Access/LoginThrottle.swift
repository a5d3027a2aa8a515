/// Slows down whoever guesses passwords: after some failures each further one doubles the wait.
///
/// Counted by address and by account name, so that neither many names nor many addresses help. Names share 4,096
/// places, so that whoever tries names that do not exist fills no memory and learns nothing.
struct LoginThrottle: Sendable {
    private struct Failures {
        var count: Int
        var last: Int64
    }

    private var failures: [String: Failures] = [:]

    /// Failures that cost nothing.
    static let freeMax = 5
    /// The first wait, in microseconds; it doubles up to ``waitMax``.
    static let waitFirst: Int64 = 1_000_000
    static let waitMax: Int64 = 15 * 60 * 1_000_000
    private static let countMax = 10_000

    static func keys(account: String, address: String) -> [String] {
        ["address \(address)", "account \(Secret.hash(account).prefix(3))"]
    }

    /// How long one of these keys must wait before the next try, in microseconds; 0 if it need not.
    func wait(_ keys: [String], at now: Int64) -> Int64 {
        keys.map { key in
            guard let failure = failures[key], failure.count >= Self.freeMax else { return 0 }
            return max(0, failure.last + Self.pause(failure.count) - now)
        }.max() ?? 0
    }

    mutating func failed(_ keys: [String], at now: Int64) {
        if failures.count + keys.count > Self.countMax {
            failures = failures.filter { now - $0.value.last < Self.waitMax }
        }
        for key in keys {
            var failure = failures[key] ?? Failures(count: 0, last: now)
            if now - failure.last > Self.waitMax { failure.count = 0 }
            failure.count += 1
            failure.last = now
            failures[key] = failure
        }
    }

    mutating func succeeded(_ keys: [String]) { for key in keys { failures[key] = nil } }

    private static func pause(_ count: Int) -> Int64 {
        min(waitMax, waitFirst << Int64(min(20, count - freeMax)))
    }
}
