import Auditing
import Interfaces
package import Journaling

/// Who asks for something, and why.
package struct ChangeRequest: Hashable, Sendable {
    /// `uid:1000` or a user's name: who the audit event says it was.
    package var actor: String
    package var reason: String

    package init(actor: String, reason: String) {
        self.actor = actor
        self.reason = reason
    }
}

extension Broker {
    /// Takes a queued delivery out of turn until it is released.
    package func hold(_ seq: Int64, endpoint: String, _ request: ChangeRequest) async throws(JournalError) {
        try await change(seq, endpoint, .hold(seq: seq, endpoint: endpoint), request)
    }

    /// Lets a held delivery go, or makes one that waits for its next try due at once.
    package func release(_ seq: Int64, endpoint: String, _ request: ChangeRequest) async throws(JournalError) {
        try await change(seq, endpoint, .release(seq: seq, endpoint: endpoint), request)
    }

    /// Lets an entry that was held at intake go to the router.
    package func releaseEntry(_ seq: Int64, _ request: ChangeRequest) async throws(JournalError) {
        try await control(.releaseEntry(seq: seq), request)
        inbox.noteGap()
    }

    /// Decides that a delivery is never to be made.
    package func skip(_ seq: Int64, endpoint: String, _ request: ChangeRequest) async throws(JournalError) {
        try await change(seq, endpoint, .skip(seq: seq, endpoint: endpoint), request)
    }

    /// Decides that an entry held at intake is never to be routed.
    package func dismissEntry(_ seq: Int64, _ request: ChangeRequest) async throws(JournalError) {
        try await control(.dismissEntry(seq: seq), request)
    }

    /// The bytes of a message, for a person: an audit event says who read them.
    package func read(_ seq: Int64, actor: String, purpose: String) async throws(JournalError) -> [UInt8]? {
        guard let entry = try await journal.entry(seq) else { return nil }
        // What is no longer kept nobody reads.
        guard let body = try await journal.body(seq) else { return nil }
        let event = AuditEvent(
            .patientRead, at: clock.now(), actor: actor, seq: seq, type: entry.type, controlId: entry.controlId,
            patients: entry.patients, text: purpose)
        try await journal.record([event])
        events.fire()
        return body
    }

    /// Changes a delivery. Its worker lets it alone meanwhile, so that what was held or skipped is not sent.
    private func change(
        _ seq: Int64, _ endpoint: String, _ operation: Control.Operation, _ request: ChangeRequest
    ) async throws(JournalError) {
        await workers.worker(endpoint)?.freeze(seq)
        let result: Result<Void, JournalError>
        do throws(JournalError) { result = .success(try await control(operation, request)) } catch {
            result = .failure(error)
        }
        // Another worker may have taken its place since.
        try await workers.worker(endpoint)?.look(at: seq)
        try result.get()
    }

    func control(_ operation: Control.Operation, _ request: ChangeRequest) async throws(JournalError) {
        try await journal.control(
            Control(operation, at: clock.now(), actor: request.actor, reason: request.reason))
        await queues.changed()
        events.fire()
    }

    package func requireEndpoint(_ name: String) throws(JournalError) {
        guard configurations.current.endpoint(name) != nil else {
            throw JournalError(.notFound, "no endpoint \(name); `wardline status` lists them")
        }
    }
}
