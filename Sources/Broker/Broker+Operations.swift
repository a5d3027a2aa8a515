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

    /// Sends an entry again, as a new entry with the old one as its parent.
    ///
    /// - Parameter endpoints: where to; empty: everywhere it went before.
    /// - Returns: the seq of the new entry.
    package func resend(
        _ seq: Int64, to endpoints: [String], _ request: ChangeRequest
    ) async throws(JournalError) -> Int64 {
        guard let entry = try await journal.entry(seq) else {
            throw JournalError(.notFound, "no entry \(seq)")
        }
        guard entry.disposition != .framingError, entry.disposition != .batch else {
            throw JournalError(.conflict, "entry \(seq) is no single message, so it cannot be sent again")
        }
        guard entry.disposition != .query else {
            throw JournalError(.conflict, "entry \(seq) is a query; who asked it asks again if need be")
        }
        guard try await journal.body(seq) != nil else {
            throw JournalError(.conflict, "the text of entry \(seq) is no longer kept, so it cannot be sent again")
        }
        let earlier = try await journal.deliveries(of: seq)
        var targets: [String] = []
        for endpoint in endpoints.isEmpty ? earlier.map(\.endpoint) : endpoints where !targets.contains(endpoint) {
            targets.append(endpoint)
        }
        guard !targets.isEmpty else {
            throw JournalError(.conflict, "entry \(seq) went nowhere; name an endpoint to send it to")
        }
        for endpoint in targets { try requireEndpoint(endpoint) }
        let configuration = configurations.current.hashBytes
        let now = clock.now()
        var event = AuditEvent(
            .messageResent, at: now, actor: request.actor, provider: entry.provider, listener: entry.listener,
            type: entry.type, controlId: entry.controlId, patients: entry.patients)
        event.text = "entry \(seq) again, to \(targets.joined(separator: ", ")): \(request.reason)"
        let new = NewEntry(
            receivedAt: now, disposition: .resent, listener: entry.listener, provider: entry.provider,
            sender: entry.sender, peer: entry.peer, controlId: entry.controlId, type: entry.type,
            version: entry.version, laneKeys: pipeline.laneKeys(entry.laneKeys), patients: entry.patients,
            findings: entry.findings,
            // The bytes are those of the first entry, however often it was sent again.
            configuration: configuration, parent: .entry(entry.disposition == .resent ? entry.parent ?? seq : seq),
            body: [], bodySHA256: entry.bodySHA256,
            deliveries: targets.map { endpoint in
                let route = earlier.first { $0.endpoint == endpoint }?.route ?? ""
                return NewDelivery(endpoint: endpoint, route: route, configuration: configuration)
            }, event: event)
        return try await append(new).get()
    }

    /// Stores an entry with its deliveries, and tells the pipeline in the order of the journal.
    private func append(_ new: NewEntry) async -> Result<Int64, JournalError> {
        await withCheckedContinuation { continuation in
            journal.append([new]) { result in
                self.events.fire()
                guard case .success(let appended) = result, let seq = appended.first?.seq else {
                    let error = JournalError(.invalid, "the journal gave no result")
                    return continuation.resume(returning: result.flatMap { _ in .failure(error) })
                }
                self.inbox.push(
                    PipelineInbox.Item(
                        seq: seq, receivedAt: new.receivedAt, listener: new.listener, message: nil,
                        provider: new.provider, laneKeys: new.laneKeys, resentTo: new.deliveries.map(\.endpoint)))
                continuation.resume(returning: .success(seq))
            }
        }
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
        events.fire()
    }

    func requireEndpoint(_ name: String) throws(JournalError) {
        guard configurations.current.endpoint(name) != nil else {
            throw JournalError(.notFound, "no endpoint \(name); `wardline status` lists them")
        }
    }
}
