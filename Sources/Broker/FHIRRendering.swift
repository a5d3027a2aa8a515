import FHIR
import HL7
import Interfaces
import Mapping

/// Makes the FHIR bundle of an entry for one endpoint.
struct FHIRRendering: Sendable {
    let configuration: Configuration
    let endpoint: Endpoint
    let rule: SenderRule?
    var lossBudget: LossBudget?
    var checks = false

    func outgoing(_ message: Message, entry: QueuedEntry) throws(OutgoingError) -> OutgoingMessage {
        let mapped = try mapped(message, entry: entry)
        guard mapped.hasContent else {
            throw OutgoingError(
                "map: nothing of the message becomes a resource (\(mapped.loss.lost) of \(mapped.loss.leaves) values lost)"
            )
        }
        if let lossBudget, !lossBudget.allows(mapped.loss.lost, of: mapped.loss.leaves) {
            let places = mapped.loss.lostLeaves.prefix(10).map(\.description).joined(separator: ", ")
            throw OutgoingError(
                "loss: \(mapped.loss.lost) of \(mapped.loss.leaves) values lost, the route allows \(lossBudget): \(places)"
            )
        }
        if checks { try check(mapped) }
        let answersEntries = endpoint.bundle == .transaction || endpoint.bundle == .batch
        return OutgoingMessage(
            seq: entry.seq, bytes: mapped.bytes, controlID: Array(message.header.controlID),
            bundleEntries: answersEntries ? mapped.entryCount : 0, leaves: mapped.loss.leaves, lost: mapped.loss.lost,
            changes: mapped.changes)
    }

    /// - Parameter explains: with the account of which value went where.
    func mapped(_ message: Message, entry: QueuedEntry, explains: Bool = false) throws(OutgoingError) -> Mapped {
        var options = options(entry)
        options.explains = explains
        do throws(MapError) {
            return try Mapper(configuration.maps, options: options).map(message, receivedAt: entry.receivedAt)
        } catch {
            guard error.code == .timeZoneNeeded, let provider = entry.provider else {
                throw OutgoingError("map: \(error)")
            }
            throw OutgoingError("map: \(error), the provider \(provider) (key timezone of its sends)")
        }
    }

    /// Neither paths nor texts of findings hold a value.
    private func check(_ mapped: Mapped) throws(OutgoingError) {
        var findings = FHIRCheck.findings(in: mapped.bundle.value)
        if let changes = mapped.changes { findings += FHIRCheck.findings(in: changes.value) }
        guard let first = findings.first else { return }
        let more = findings.count > 1 ? ", and \(findings.count - 1) more" : ""
        throw OutgoingError("check: the bundle is not valid R4: \(first)\(more)")
    }

    private func options(_ entry: QueuedEntry) -> MappingOptions {
        var options = MappingOptions(broker: configuration.broker.name)
        options.timeZone = rule?.timezone?.rule
        options.needsZones = true
        options.senderNamespace = entry.provider
        options.identifierPriority = rule?.identifiers ?? options.identifierPriority
        options.configurationHash = configuration.hash
        options.ids =
            switch endpoint.ids {
            case .ours: .ours
            case .theirs: .theirs
            }
        options.updates =
            switch endpoint.updates {
            case .put: .put
            case .patch: .patch
            }
        options.bundle =
            switch endpoint.bundle {
            case .transaction: .transaction
            case .batch: .batch
            case .collection: .collection
            case .message: .message
            }
        return options
    }
}

extension TimeZoneSetting {
    /// nil where the zone is said to be unknown.
    var rule: NamedTimeZone? { if case .named(let zone) = self { zone } else { nil } }
}
