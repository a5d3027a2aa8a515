import Auditing
import Crypto
package import HL7
import HL7Conformance
import Interfaces
package import Journaling

/// How an entry is sent again.
package struct Resend: Hashable, Sendable {
    /// Which configuration edits and maps it.
    package enum Choice: String, Codable, Sendable, CaseIterable {
        /// The one in use.
        case now
        /// The one by which it went to the endpoint before, or else by which it was judged.
        case then
    }

    /// Where to; empty: everywhere it went before.
    package var endpoints: [String]
    package var choice: Choice
    /// Ends the text of its audit event, for whoever counts them.
    package var mark: String

    package init(to endpoints: [String] = [], as choice: Choice = .now, mark: String = "") {
        self.endpoints = endpoints
        self.choice = choice
        self.mark = mark
    }
}

extension Broker {
    /// Sends an entry again, as a new entry with the old one as its parent.
    ///
    /// - Returns: the seq of the new entry.
    package func resend(
        _ seq: Int64, _ resend: Resend = Resend(), _ request: ChangeRequest
    ) async throws(JournalError) -> Int64 {
        let entry = try await resendable(seq)
        let deliveries = try await deliveries(of: entry, resend)
        let targets = deliveries.map(\.endpoint).joined(separator: ", ")
        let text = "entry \(seq) again, to \(targets): \(request.reason)\(resend.mark)"
        let new = NewEntry(
            receivedAt: clock.now(), disposition: .resent, listener: entry.listener, provider: entry.provider,
            sender: entry.sender, peer: entry.peer, controlId: entry.controlId, type: entry.type,
            version: entry.version, laneKeys: pipeline.laneKeys(entry.laneKeys), patients: entry.patients,
            findings: entry.findings, configuration: configurations.current.hashBytes,
            // The bytes are those of the first entry, however often it was sent again.
            parent: .entry(entry.disposition == .resent ? entry.parent ?? seq : seq), body: [],
            bodySHA256: entry.bodySHA256, deliveries: deliveries,
            event: event(entry, entry.patients, request, text: text))
        return try await append(new)
    }

    /// Sends a changed copy of an entry, as a new entry with its own bytes and the old one as its parent.
    ///
    /// - Parameters:
    ///   - bytes: the changed message.
    ///   - changed: the places that differ, for the audit event; no values.
    /// - Throws: ``JournalError`` `invalid` if the bytes are no message.
    package func resend(
        _ seq: Int64, edited bytes: [UInt8], changed: [String], _ resend: Resend, _ request: ChangeRequest
    ) async throws(JournalError) -> Int64 {
        let entry = try await resendable(seq)
        let judged = try judge(bytes, of: entry)
        let deliveries = try await deliveries(of: entry, resend)
        let places = changed.prefix(Self.placesMax).joined(separator: ", ")
        let targets = deliveries.map(\.endpoint).joined(separator: ", ")
        let text = "entry \(seq) with \(changed.count) places changed (\(places)), to \(targets): \(request.reason)"
        let keys = LaneKeys(of: judged.message, secret: journal.laneSecret).hashes
        let header = judged.message.header
        let new = NewEntry(
            receivedAt: clock.now(), disposition: .edited, listener: entry.listener, provider: entry.provider,
            sender: entry.sender, peer: entry.peer, controlId: String(decoding: header.controlID, as: UTF8.self),
            type: header.type, version: header.version, laneKeys: pipeline.laneKeys(keys), patients: keys,
            findings: FindingsText.encoded(judged.problems), configuration: configurations.current.hashBytes,
            parent: .entry(seq), body: bytes, bodySHA256: Array(SHA256.hash(data: bytes)), deliveries: deliveries,
            event: event(entry, keys + entry.patients.filter { !keys.contains($0) }, request, text: text))
        return try await append(new)
    }

    /// What would be found in a changed copy.
    package func judge(
        _ bytes: [UInt8], of entry: JournalEntry
    ) throws(JournalError) -> (message: Message, problems: [Acknowledgment.Problem]) {
        let configuration = configurations.current
        let queued = QueuedEntry(entry, body: bytes)
        let message: Message
        do throws(ParseError) { message = try configuration.stored(queued, body: bytes) } catch {
            throw JournalError(.invalid, "the changed copy is no message: \(error)")
        }
        let rule = configuration.rule(of: queued, message.header) ?? .anyone
        return (message, configuration.validator(for: rule).findings(in: message).map(Acknowledgment.Problem.init))
    }

    /// Places that an audit event names.
    private static let placesMax = 20

    private func event(
        _ entry: JournalEntry, _ patients: [UInt64], _ request: ChangeRequest, text: String
    ) -> AuditEvent {
        AuditEvent(
            .messageResent, at: clock.now(), actor: request.actor, provider: entry.provider, listener: entry.listener,
            type: entry.type, controlId: entry.controlId, patients: patients, text: text)
    }

    /// - Throws: ``JournalError`` for an entry that cannot be sent again.
    private func resendable(_ seq: Int64) async throws(JournalError) -> JournalEntry {
        guard let entry = try await journal.entry(seq) else { throw JournalError(.notFound, "no entry \(seq)") }
        guard entry.disposition != .framingError, entry.disposition != .batch else {
            throw JournalError(.conflict, "entry \(seq) is no single message, so it cannot be sent again")
        }
        guard entry.disposition != .query else {
            throw JournalError(.conflict, "entry \(seq) is a query; who asked it asks again if need be")
        }
        guard try await journal.body(seq) != nil else {
            throw JournalError(.conflict, "the text of entry \(seq) is no longer kept, so it cannot be sent again")
        }
        return entry
    }

    private func deliveries(
        of entry: JournalEntry, _ resend: Resend
    ) async throws(JournalError) -> [NewDelivery] {
        let earlier = try await journal.deliveries(of: entry.seq)
        var targets: [String] = []
        let asked = resend.endpoints.isEmpty ? earlier.map(\.endpoint) : resend.endpoints
        for endpoint in asked where !targets.contains(endpoint) { targets.append(endpoint) }
        guard !targets.isEmpty else {
            throw JournalError(.conflict, "entry \(entry.seq) went nowhere; name an endpoint to send it to")
        }
        var deliveries: [NewDelivery] = []
        for endpoint in targets {
            try requireEndpoint(endpoint)
            let before = earlier.first { $0.endpoint == endpoint }
            var hash = configurations.current.hashBytes
            if resend.choice == .then {
                hash = before?.configuration ?? entry.configuration
                let configuration = try await configurations.configuration(hash: hash)
                guard configuration.hashBytes == hash, configuration.endpoint(endpoint) != nil else {
                    throw JournalError(
                        .conflict,
                        "the configuration of that day cannot be used for entry \(entry.seq) to \(endpoint); "
                            + "send it with the one in use")
                }
            }
            deliveries.append(NewDelivery(endpoint: endpoint, route: before?.route ?? "", configuration: hash))
        }
        return deliveries
    }

    /// Stores an entry with its deliveries, and tells the pipeline in the order of the journal.
    private func append(_ new: NewEntry) async throws(JournalError) -> Int64 {
        let result: Result<Int64, JournalError> = await withCheckedContinuation { continuation in
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
        await queues.changed()
        return try result.get()
    }
}
