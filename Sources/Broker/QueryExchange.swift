import Auditing
import Crypto
import HL7
import Interfaces
package import Journaling
import Logging
import Synchronization

/// A query that intake took, on its way to the endpoint that answers it.
package struct PassedQuery: Sendable {
    package enum Outcome: Sendable {
        /// The receiver's bytes, journaled.
        case response([UInt8])
        /// Why there is none; that is journaled too. No patient data.
        case unanswered(String)
        /// The journal takes nothing any more.
        case notStored
    }

    /// The entry of the query.
    package var seq: Int64
    package var judgement: Judgement
    package var entry: NewEntry
    package var reply: Judgement.Reply
    /// Called once, from any thread.
    package var completion: @Sendable (Outcome) -> Void
}

/// Passes queries through: each is sent to its endpoint at once, and what comes back within `ackTimeout` is journaled
/// and handed to whoever asked. Nothing is queued on disk: a query that is not answered is asked again by its sender.
package final class QueryExchange: Sendable {
    private let journal: any Journal
    private let configurations: ConfigurationStore
    private let clock: Clock
    private let log: Logger
    private let isPaused: @Sendable (String) async -> Bool
    private let clients = QueryClients()
    private let waiting = Mutex<[(query: PassedQuery, since: Int64)]>([])
    private let arrived = Signal()
    private let inFlight = Atomic(0)

    /// Queries under way at a time, over all endpoints.
    private static let inFlightMax = 1_000

    init(
        journal: any Journal, configurations: ConfigurationStore, clock: Clock, log: Logger,
        isPaused: @escaping @Sendable (String) async -> Bool
    ) {
        self.journal = journal
        self.configurations = configurations
        self.clock = clock
        self.log = log
        self.isPaused = isPaused
    }

    /// Asks; returns at once.
    func ask(_ query: PassedQuery) {
        waiting.withLock { $0.append((query, Clock.monotonic())) }
        arrived.fire()
    }

    /// Exchanges until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let generation = arrived.generation
                let taken = waiting.withLock { waiting in
                    defer { waiting.removeAll() }
                    return waiting
                }
                for (query, since) in taken { group.addTask { await self.exchange(query, since: since) } }
                if taken.isEmpty { await arrived.wait(since: generation) }
            }
            group.cancelAll()
        }
        await clients.close()
    }

    // MARK: One query

    private func exchange(_ query: PassedQuery, since: Int64) async {
        defer { inFlight.subtract(1, ordering: .relaxed) }
        let count = inFlight.add(1, ordering: .relaxed).newValue
        do throws(QueryFailure) {
            guard count <= Self.inFlightMax else { throw QueryFailure("too many queries are under way; ask again") }
            let response = try await response(to: query, since: since)
            query.completion(await stored(response, query, since: since))
        } catch {
            query.completion(await noted(error, query, since: since))
        }
    }

    private func response(to query: PassedQuery, since: Int64) async throws(QueryFailure) -> [UInt8] {
        let name = query.reply.endpoint
        guard let endpoint = configurations.current.endpoint(name) else {
            throw QueryFailure("there is no endpoint \(name) any more")
        }
        if await isPaused(name) { throw QueryFailure("\(name) is paused") }
        let outgoing = try outgoing(query, endpoint)
        let deadline = since + endpoint.ackTimeout.microseconds
        let sender = try await clients.take(endpoint, before: deadline)
        defer { clients.giveBack(sender) }
        let left = Duration.microseconds(max(1, deadline - Clock.monotonic()))
        return try await sender.ask(outgoing, timeout: left)
    }

    private func outgoing(_ query: PassedQuery, _ endpoint: Endpoint) throws(QueryFailure) -> OutgoingMessage {
        var endpoint = endpoint
        // Somebody who is asked answers.
        if endpoint.ackMode == .none { endpoint.ackMode = .original }
        let item = PipelineInbox.Item(
            seq: query.seq, receivedAt: query.entry.receivedAt, listener: query.entry.listener,
            message: query.judgement.message, provider: query.entry.provider, laneKeys: [])
        do throws(OutgoingError) {
            return try OutgoingBuilder(configuration: configurations.current, endpoint: endpoint)
                .build(QueuedEntry(item, query.judgement.message))
        } catch { throw QueryFailure(error.description) }
    }

    // MARK: The journal

    private func event(_ kind: AuditEvent.Kind, _ query: PassedQuery, since: Int64, text: String?) -> AuditEvent {
        AuditEvent(
            kind, at: clock.now(), seq: query.seq, provider: query.entry.provider, listener: query.entry.listener,
            endpoint: query.reply.endpoint, route: query.reply.route, type: query.entry.type,
            controlId: query.entry.controlId, patients: query.entry.patients,
            milliseconds: Int((Clock.monotonic() - since) / 1000), text: text)
    }

    private func stored(_ response: [UInt8], _ query: PassedQuery, since: Int64) async -> PassedQuery.Outcome {
        // It was read when it came.
        let message = try? Message(parsing: response)
        let provider = String(query.reply.endpoint.prefix { $0 != "." })
        let answer = message.flatMap { DeliveryAnswer(of: $0) }?.text
        var own = event(.queryAnswered, query, since: since, text: "response to entry \(query.seq)")
        own.actor = provider
        own.provider = provider
        own.seq = nil
        own.type = message?.header.type ?? ""
        own.controlId = message.map { String(decoding: $0.header.controlID, as: UTF8.self) } ?? ""
        let entry = NewEntry(
            receivedAt: clock.now(), disposition: .answer, listener: query.reply.endpoint, provider: provider,
            sender: provider, controlId: own.controlId ?? "", type: own.type ?? "",
            version: message?.header.version ?? "", patients: query.entry.patients,
            configuration: query.entry.configuration, parent: .entry(query.seq), body: response,
            bodySHA256: Array(SHA256.hash(data: response)), event: own,
            moreEvents: [event(.queryAnswered, query, since: since, text: answer)])
        do throws(JournalError) {
            // TRANSACTION 1
            _ = try await journal.append([entry])
            return .response(response)
        } catch {
            log.error("not stored", metadata: ["error": "\(error)"])
            return .notStored
        }
    }

    private func noted(_ failure: QueryFailure, _ query: PassedQuery, since: Int64) async -> PassedQuery.Outcome {
        log.warning(
            "query not answered", metadata: ["endpoint": "\(query.reply.endpoint)", "reason": "\(failure)"])
        do throws(JournalError) {
            try await journal.record([event(.queryUnanswered, query, since: since, text: failure.description)])
            return .unanswered(failure.description)
        } catch { return .notStored }
    }
}
