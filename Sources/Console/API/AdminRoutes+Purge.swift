import Broker
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Journaling
import NIOCore

/// Emptying a queue: only what was exported before, each delivery with who and why.
extension AdminRoutes {
    static let purging: [Operation] = [
        Operation(
            method: .post, path: "endpoints/{endpoint}/export", permission: .change,
            summary: """
                Everything that waits for an endpoint, with the messages, one JSON object a line; each reading is an audit \
                event.
                """,
            body: AdminAPI.Change.self, answer: .content("application/jsonl"),
            run: { routes, request, context in try await routes.export(request, context) }),
        .post(
            "endpoints/{endpoint}/purge", .change,
            "Skips what an export of the endpoint holds and what still waits; `export` is its SHA-256.",
            body: AdminAPI.Purge.self
        ) { routes, request, context in try await routes.purge(request, context) },
    ]

    private static let pageMax = 200
    /// Deliveries of one export.
    private static let exportMax = 100_000
    private static let togetherMax = 64

    private func export(_ request: Request, _ context: AdminContext) async throws -> Response {
        try context.require(.patients)
        let (why, _) = try await reason(request, context)
        let endpoint = try endpoint(context)
        try broker.requireEndpoint(endpoint)
        return Response(
            status: .ok, headers: [.contentType: "application/jsonl"],
            body: ResponseBody { writer in
                var (hash, seqs, after) = (SHA256(), [Int64](), Int64(0))
                while seqs.count < Self.exportMax {
                    let page = try await broker.journal.deliveries(
                        endpoint: endpoint, after: after, limit: min(Self.pageMax, Self.exportMax - seqs.count),
                        states: [.queued, .held])
                    guard let last = page.last else { break }
                    after = last.seq
                    for delivery in page {
                        let line = try await exported(delivery, why)
                        hash.update(data: line)
                        seqs.append(delivery.seq)
                        try await writer.write(ByteBuffer(bytes: line))
                    }
                }
                let text = hexadecimal(Array(hash.finalize()))
                exports.keep(QueueExports.Export(endpoint: endpoint, seqs: seqs), as: text)
                try await writer.finish(nil)
            })
    }

    private func exported(_ delivery: Delivery, _ why: ChangeRequest) async throws -> [UInt8] {
        let entry = try await broker.journal.entry(delivery.seq)
        let body = try await broker.read(
            delivery.seq, actor: why.actor, purpose: "exported from the queue of \(delivery.endpoint): \(why.reason)")
        let exported = AdminAPI.Exported(
            seq: delivery.seq, endpoint: delivery.endpoint, state: "\(delivery.state)", reason: delivery.reason,
            receivedAt: isoTime(delivery.receivedAt), provider: entry?.provider, type: entry?.type ?? "",
            controlId: entry?.controlId ?? "", body: body.map { Data($0).base64EncodedString() })
        return Array(try JSONEncoder().encode(exported)) + [0x0A]
    }

    private func purge(_ request: Request, _ context: AdminContext) async throws -> AdminAPI.Done {
        let endpoint = try endpoint(context)
        let asked = try await request.decode(as: AdminAPI.Purge.self, context: context)
        guard !asked.reason.allSatisfy(\.isWhitespace) else {
            throw HTTPError(.badRequest, message: "say why: a reason is required")
        }
        guard let export = exports.take(asked.export, endpoint: endpoint) else {
            throw HTTPError(
                .conflict,
                message: "no export of \(endpoint) has this SHA-256: export the queue first, nothing is purged without")
        }
        let why = ChangeRequest(
            actor: context.actor, reason: "purged, exported as SHA-256 \(asked.export): \(asked.reason)")
        var (skipped, gone) = (0, 0)
        for start in stride(from: 0, to: export.seqs.count, by: Self.togetherMax) {
            // Together they share transactions.
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for seq in export.seqs[start..<min(start + Self.togetherMax, export.seqs.count)] {
                    group.addTask { try await skip(seq, endpoint, why) }
                }
                for try await isSkipped in group { if isSkipped { skipped += 1 } else { gone += 1 } }
            }
        }
        return AdminAPI.Done(
            done: "skipped \(skipped) deliveries to \(endpoint)" + (gone == 0 ? "" : "; \(gone) were settled meanwhile")
        )
    }

    /// - Returns: false if it was delivered or skipped meanwhile.
    private func skip(_ seq: Int64, _ endpoint: String, _ why: ChangeRequest) async throws -> Bool {
        do throws(JournalError) {
            try await broker.skip(seq, endpoint: endpoint, why)
            return true
        } catch {
            guard error.code == .conflict || error.code == .notFound else { throw error }
            return false
        }
    }
}
