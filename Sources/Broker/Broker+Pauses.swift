import Interfaces
package import Journaling
import Logging
import MLLP

// Pauses of endpoints and listeners, and how they end by themselves.

extension Broker {
    /// Sends nothing more to an endpoint, or takes nothing more at a listener (`listener:NAME`).
    ///
    /// - Parameter until: when it goes on by itself, microseconds since 1970-01-01 UTC; nil: when someone resumes it.
    package func pause(
        _ name: String, until: Int64? = nil, _ request: ChangeRequest
    ) async throws(JournalError) {
        try requirePausable(name)
        if let until, until <= clock.now() {
            throw JournalError(.invalid, "that time is past; give one that is to come")
        }
        try await control(.pause(endpoint: name, until: until), request)
        try await followPauses(of: name)
    }

    package func resume(_ name: String, _ request: ChangeRequest) async throws(JournalError) {
        try await control(.resume(endpoint: name), request)
        try await followPauses(of: name)
    }

    /// Does what the journal says about a pause now, whoever else changed it meanwhile.
    func followPauses(of name: String) async throws(JournalError) {
        pausesChanged.fire()
        guard let listener = Pause.listener(name) else {
            try await workers.worker(name)?.lookForPause()
            return
        }
        guard let server = allServers[listener] else { return }
        while true {
            let isPaused = try await journal.pauses().contains { $0.endpoint == name }
            if isPaused == server.isPaused { return }
            if isPaused { await server.pause() } else { await server.resume() }
            log.notice(isPaused ? "listener paused" : "listener resumed", metadata: ["listener": "\(listener)"])
        }
    }

    /// Ends pauses at their time, until the task is cancelled.
    func keepPauses() async throws(JournalError) {
        while !Task.isCancelled {
            let generation = pausesChanged.generation
            let now = clock.now()
            let pauses = try await journal.pauses()
            for pause in pauses where pause.until.map({ $0 <= now }) == true { try await end(pause) }
            let next = pauses.compactMap(\.until).filter { $0 > now }.min()
            // The clock may be set meanwhile, so it is looked at now and then.
            let wait = next.map { min(.microseconds($0 - now), Self.clockLookInterval) }
            await pausesChanged.wait(since: generation, atMost: wait)
        }
    }

    private static let clockLookInterval = Duration.seconds(30)

    private func end(_ pause: Pause) async throws(JournalError) {
        let request = ChangeRequest(actor: "broker", reason: "paused until now")
        do throws(JournalError) { try await resume(pause.endpoint, request) } catch {
            // Somebody was faster.
            guard error.code == .conflict else { throw error }
        }
    }

    private func requirePausable(_ name: String) throws(JournalError) {
        guard let listener = Pause.listener(name) else { return try requireEndpoint(name) }
        guard configurations.current.listener(listener) != nil else {
            throw JournalError(.notFound, "no listener \(listener); `wardline status` lists them")
        }
    }
}
