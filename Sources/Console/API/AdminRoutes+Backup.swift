import Auditing
import Broker
import Hummingbird
import Journaling

extension AdminRoutes {
    /// Records that somebody made a copy of the data folder: who could, can read it anyway, so the copy itself needs no broker.
    func recordBackup(_ request: Request, _ context: AdminContext) async throws -> AdminAPI.Done {
        let copy = try await request.decode(as: AdminAPI.Backup.self, context: context)
        let text = "\(copy.file): \(copy.bytes) bytes, up to message \(copy.lastSeq) and event \(copy.lastEvent)"
        try await broker.journal.record([
            AuditEvent(.backupMade, at: broker.clock.now(), actor: context.actor, text: text)
        ])
        broker.events.fire()
        await alerts.noteBackup(at: broker.clock.now())
        return AdminAPI.Done(done: "recorded \(copy.file)")
    }
}
