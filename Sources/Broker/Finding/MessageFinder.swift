package import Foundation
import HL7
import Journaling
import Logging
package import ServiceLifecycle
import Synchronization

/// Keeps the search index up to date with the journal, and answers searches.
///
/// The index follows the journal by seq, with a connection, a file and transactions of its own: nothing waits for it.
/// What goes wrong with it costs a search, never a message; then it is deleted and made anew.
package final class MessageFinder: Service {
    let broker: Broker
    private let path: String
    private let store = Mutex<FindStore?>(nil)
    /// Entries read and indexed at a time.
    private static let page = 500

    /// - Parameter folder: the data folder, where `find.sqlite` appears.
    package init(broker: Broker, folder: String) {
        self.broker = broker
        path = folder + "/find.sqlite"
    }

    /// Runs until graceful shutdown. Never throws for what is wrong with the index.
    package func run() async throws {
        broker.fresh.follow(true)
        await cancelWhenGracefulShutdown { await self.follow() }
        broker.fresh.follow(false)
        if let store = store.withLock({ $0.take() }) {
            // What is not saved is read from the journal at the next start.
            try? await store.save()
            store.close()
        }
        // When the journal is closed first, there is nothing to do until everything ends.
        try? await gracefulShutdown()
    }

    /// nil while the index cannot be used.
    var current: FindStore? { store.withLock { $0 } }

    private func follow() async {
        var pause = Duration.seconds(1)
        while !Task.isCancelled {
            do {
                let store = try await open()
                self.store.withLock { $0 = store }
                pause = .seconds(1)
                try await follow(store)
                return
            } catch is CancellationError {
                return
            } catch let error as JournalError where error.code == .closed {
                return
            } catch {
                broker.log.error(
                    "the search index is broken and is made anew", metadata: ["file": "\(path)", "error": "\(error)"])
                store.withLock { $0.take() }?.close()
                FindStore.delete(path: path)
                // Cancelled: then the loop ends.
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(60))
            }
        }
    }

    /// Opens the index; one of another journal, or of a later state of this one, is made anew.
    private func open() async throws -> FindStore {
        let fingerprint = FindKeys.fingerprint(secret: broker.journal.laneSecret)
        let store = try FindStore(path: path, fingerprint: fingerprint)
        let place = store.place
        let last = place.seq > 0 ? try await broker.journal.entry(place.seq) : nil
        if place.fingerprint == fingerprint, place.seq == 0 || last?.receivedAt == place.receivedAt { return store }
        store.close()
        FindStore.delete(path: path)
        broker.log.notice("the search index belongs to another journal and is made anew", metadata: ["file": "\(path)"])
        return try FindStore(path: path, fingerprint: fingerprint)
    }

    private func follow(_ store: FindStore) async throws {
        var seq = store.place.seq
        var shared = FindKeys.Shared()
        while !Task.isCancelled {
            let generation = broker.events.generation
            let entries = try await next(after: seq)
            if let last = entries.last {
                try await store.add(await rows(entries, &shared))
                seq = last.seq
            }
            let isMerging = try await store.merge()
            if entries.count < Self.page, !isMerging {
                await broker.events.wait(since: generation, atMost: .seconds(1))
                // Messages that come one by one are worth one transaction together.
                try await Task.sleep(for: .milliseconds(50))
            } else if broker.journal.backlog.isHalfFull {
                // Intake first.
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// A page of what follows an entry: from memory, or from the journal until memory goes on.
    private func next(after seq: Int64) async throws(JournalError) -> [FreshEntries.Item] {
        switch broker.fresh.next(after: seq, limit: Self.page) {
        case .items(let items): return items
        case .elsewhere(let until):
            let limit = min(Self.page, until.map { Int($0 - seq) - 1 } ?? Self.page)
            let stored = try await broker.journal.stored(after: seq, limit: limit)
            return await read(stored)
        }
    }

    @concurrent
    private func read(_ stored: [StoredEntry]) async -> [FreshEntries.Item] {
        let configuration = broker.configurations.current
        return stored.map { stored in
            let entry = stored.entry
            var message: Message?
            // The messages of a batch are entries of their own.
            if let body = stored.body, entry.disposition != .batch, entry.disposition != .framingError {
                // What cannot be read is found by what the journal knows of it.
                message = try? configuration.stored(QueuedEntry(entry, body: body), body: body)
            }
            return FreshEntries.Item(
                seq: entry.seq, receivedAt: entry.receivedAt, provider: entry.provider, type: entry.type,
                disposition: entry.disposition, message: message)
        }
    }

    @concurrent
    private func rows(_ entries: [FreshEntries.Item], _ shared: inout FindKeys.Shared) async -> [FindStore.Row] {
        let secret = broker.journal.laneSecret
        return entries.map { entry in
            FindStore.Row(
                seq: entry.seq, receivedAt: entry.receivedAt,
                keys: Array(FindKeys(entry, secret: secret, shared: &shared).hashes))
        }
    }
}
