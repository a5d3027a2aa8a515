import Broker

struct TimedOut: Error, CustomStringConvertible {
    var description: String
}

/// Returns once a condition holds: asked now, and again whenever the signal is given.
///
/// - Throws: ``TimedOut`` after a time that nothing in these tests needs.
func holds(
    _ what: String, on signal: Signal, within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while true {
        let generation = signal.generation
        if try await condition() { return }
        let left = end - .now
        guard left > .zero else { throw TimedOut(description: "never: \(what)") }
        await signal.wait(since: generation, atMost: left)
    }
}
