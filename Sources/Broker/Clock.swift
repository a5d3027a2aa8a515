import CLinux

/// The time of day, given as a value so that tests can set it.
package struct Clock: Sendable {
    /// Microseconds since 1970-01-01 UTC.
    package var now: @Sendable () -> Int64

    package init(now: @escaping @Sendable () -> Int64) { self.now = now }

    package static let system = Clock { clinux_time() }

    /// Microseconds of a clock that never goes back, for due times and durations.
    package static func monotonic() -> Int64 { clinux_monotonic() }
}
