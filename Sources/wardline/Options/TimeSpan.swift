internal import ArgumentParser

/// A length of time as people write it: `200ms`, `1.5s`, `5m`, `2h`; a bare number is seconds.
struct TimeSpan: Hashable, Sendable, ExpressibleByArgument, CustomStringConvertible {
    var duration: Duration
    let description: String

    init?(argument: String) {
        let units: [(suffix: String, seconds: Double)] = [
            ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400), ("", 1),
        ]
        for unit in units where argument.hasSuffix(unit.suffix) {
            guard let number = Double(argument.dropLast(unit.suffix.count)), number >= 0, number < 1e9 else {
                return nil
            }
            duration = .nanoseconds(Int64(number * unit.seconds * 1e9))
            description = argument
            return
        }
        return nil
    }

    init(seconds: Int) {
        duration = .seconds(seconds)
        description = "\(seconds)s"
    }
}
