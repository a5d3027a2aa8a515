import Auditing
package import Interfaces
package import Journaling
import Logging

// Another configuration while the broker runs.

extension Broker {
    /// Reads the interfaces folder again, and uses it from now on.
    ///
    /// - Returns: the listeners that were opened and closed.
    /// - Throws: ``JournalError`` `conflict` for a folder with mistakes, a file that it names and that is not there, or a
    ///   port that cannot be bound; then the old configuration stays.
    @discardableResult
    package func reloadFolder(_ request: ChangeRequest) async throws(JournalError) -> ListenerChange {
        try await record(.configurationRequested, actor: request.actor, text: request.reason)
        return try await reloads.run { () throws(JournalError) in
            try await self.use(try await self.readFolder())
        }
    }

    /// Judges, routes and delivers by another configuration from now on; connections of listeners that stay, stay too.
    @discardableResult
    package func reload(_ configuration: Configuration) async throws(JournalError) -> ListenerChange {
        try await reloads.run { () throws(JournalError) in try await self.use(configuration) }
    }

    /// The folder as it is now; its mistakes are in the log.
    @concurrent
    private func readFolder() async throws(JournalError) -> Configuration {
        let (configuration, findings) = InterfaceFolder.load(configurations.current.folder)
        for finding in findings { log.warning("interfaces", metadata: ["finding": "\(finding)"]) }
        let mistake = findings.first { $0.severity == .error } ?? configuration?.missingFiles.first?.finding
        guard let configuration, mistake == nil else {
            let text = mistake.map { "\($0)" } ?? "the folder cannot be read"
            throw JournalError(.conflict, "the folder has mistakes, the old configuration stays: \(text)")
        }
        return configuration
    }

    private func use(_ configuration: Configuration) async throws(JournalError) -> ListenerChange {
        let old = configurations.current
        // Here and below also if nothing changed: certificates are not part of the hash, and are read again.
        let change = try await listeners.change(to: configuration.listeners, drain: configuration.broker.drain)
        if old.hash != configuration.hash {
            try await configurations.use(configuration)
            intake.use(configuration)
            pipeline.use(configuration)
        }
        await workers.configurationChanged(from: old)
        // They were bound before, and take their first frame by the configuration that has them.
        for listener in change.opened { try await followPauses(of: Pause.name(ofListener: listener)) }
        guard old.hash != configuration.hash else { return change }
        if old.admin != configuration.admin { log.warning("what admin: says is used from the next start on") }
        try await record(.configurationLoaded, text: "configuration \(configuration.hash.prefix(12))")
        log.notice(
            "configuration loaded",
            metadata: [
                "hash": "\(configuration.hash.prefix(12))", "opened": "\(change.opened.joined(separator: " "))",
                "closed": "\(change.closed.joined(separator: " "))",
            ])
        return change
    }
}

/// Lets one reload at a time through.
actor Reloads {
    private var isBusy = false
    private let waiters = Waiters()

    func run(
        _ body: @Sendable () async throws(JournalError) -> ListenerChange
    ) async throws(JournalError) -> ListenerChange {
        while isBusy { await waiters.wait() }
        isBusy = true
        defer {
            isBusy = false
            waiters.wake()
        }
        return try await body()
    }
}
