import Interfaces
import Journaling
import MLLP
import Synchronization

/// The ports that are bound, by the names of their listeners.
final class BoundListeners: Sendable {
    private struct Bound {
        var settings: ListenerSettings
        var server: MLLPServer
    }

    private struct State {
        var bound: [String: Bound] = [:]
        /// Nothing is bound any more.
        var isClosed = false
    }

    private let state = Mutex(State())
    private let handler: any FrameHandler

    init(handler: any FrameHandler) { self.handler = handler }

    var servers: [String: MLLPServer] { state.withLock { $0.bound.mapValues(\.server) } }

    /// Everything is bound, and not yet closed for the end.
    var isOpen: Bool { state.withLock { !$0.isClosed && !$0.bound.isEmpty } }

    /// Binds a port.
    func open(_ listener: ListenerSettings, isPaused: Bool) async throws {
        let server = try await bind(listener, isPaused: isPaused)
        guard keep(server, as: listener) else { return await server.shutdown(drain: .zero) }
    }

    /// Closes everything, for good.
    func shutdown(drain: Duration) async {
        let servers = state.withLock { state in
            state.isClosed = true
            return state.bound.values.map(\.server)
        }
        await withTaskGroup(of: Void.self) { group in
            for server in servers { group.addTask { await server.shutdown(drain: drain) } }
        }
    }

    // MARK: Changing

    /// Binds what is new, closes what is gone once its frames are answered, and lets the rest as it is.
    ///
    /// - Returns: what is new. It takes nothing before it is resumed.
    /// - Throws: ``JournalError`` `conflict` for a port that cannot be bound or certificates that cannot be used; then
    ///   everything is as it was, but for the connections of ports that were to change hands.
    func change(to listeners: [ListenerSettings], drain: Duration) async throws(JournalError) -> ListenerChange {
        let old = state.withLock { state in
            state.bound.values.map { ListenerPlan.Bound(settings: $0.settings, port: $0.server.port) }
        }
        let plan = ListenerPlan(from: old, to: listeners)
        await close(plan.closedFirst, drain: drain)
        var opened: [(ListenerSettings, MLLPServer)] = []
        do {
            for listener in plan.opened { opened.append((listener, try await bind(listener, isPaused: true))) }
            for listener in plan.kept {
                guard let tls = listener.tls else { continue }
                try servers[listener.name]?.replaceTLS(ServerTLS(tls))
            }
        } catch {
            for (_, server) in opened { await server.shutdown(drain: .zero) }
            for bound in plan.closedFirst { await restore(bound) }
            throw JournalError(.conflict, "the old configuration stays: \(error)")
        }
        await close(plan.closedLast, drain: drain)
        state.withLock { state in
            for listener in plan.kept { state.bound[listener.name]?.settings = listener }
        }
        for (listener, server) in opened where !keep(server, as: listener) {
            await server.shutdown(drain: .zero)
            throw JournalError(.conflict, "the broker is stopping: no other configuration is used")
        }
        return ListenerChange(
            opened: plan.opened.map(\.name), closed: (plan.closedFirst + plan.closedLast).map(\.settings.name))
    }

    private func bind(_ listener: ListenerSettings, isPaused: Bool) async throws -> MLLPServer {
        try await MLLPServer.bind(
            host: listener.bind.host, port: listener.bind.port, name: listener.name,
            tls: listener.tls.map(ServerTLS.init), limits: MLLPLimits(listener.limits), isPaused: isPaused,
            handler: handler)
    }

    /// - Returns: false if everything was closed meanwhile.
    private func keep(_ server: MLLPServer, as listener: ListenerSettings) -> Bool {
        state.withLock { state in
            if state.isClosed { return false }
            state.bound[listener.name] = Bound(settings: listener, server: server)
            return true
        }
    }

    private func close(_ listeners: [ListenerPlan.Bound], drain: Duration) async {
        let servers = state.withLock { state in
            listeners.compactMap { state.bound.removeValue(forKey: $0.settings.name)?.server }
        }
        await withTaskGroup(of: Void.self) { group in
            for server in servers { group.addTask { await server.shutdown(drain: drain) } }
        }
    }

    /// Binds again what was closed for a change that did not come about.
    private func restore(_ bound: ListenerPlan.Bound) async {
        var settings = bound.settings
        settings.bind.port = bound.port
        // Its port was ours a moment ago; if somebody took it in between, the listener stays closed and status says so.
        guard let server = try? await bind(settings, isPaused: false) else { return }
        if !keep(server, as: bound.settings) { await server.shutdown(drain: .zero) }
    }
}

/// Listeners that a reload opened and closed, by name. One whose address changed is in both.
package struct ListenerChange: Hashable, Sendable {
    package var opened: [String]
    package var closed: [String]
}

extension ServerTLS {
    init(_ tls: ListenerSettings.TLS) {
        self.init(certificateFile: tls.certificate, keyFile: tls.key, clientAuthorityFile: tls.clients)
    }
}
