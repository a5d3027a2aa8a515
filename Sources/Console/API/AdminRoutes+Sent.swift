import Broker
import HTTPTypes
import Hummingbird
import Journaling
import NIOCore

extension AdminRoutes {
    /// The bytes that an endpoint was sent; reading them is an audit event, as reading the message is.
    func sent(_ context: AdminContext) async throws -> Response {
        let seq = try seq(context)
        guard let endpoint = context.parameters.get("endpoint") else {
            throw HTTPError(.badRequest, message: "name an endpoint as provider.endpoint")
        }
        guard let delivery = try await broker.journal.delivery(seq, endpoint: endpoint) else {
            throw HTTPError(.notFound, message: "no delivery of message \(seq) to \(endpoint)")
        }
        guard let hash = delivery.sentSHA256 else {
            throw HTTPError(.conflict, message: "message \(seq) was not sent to \(endpoint): it is \(delivery.state)")
        }
        guard let bytes = delivery.sentBytes else {
            throw HTTPError(
                .conflict,
                message: """
                    what was sent to \(endpoint) was not kept, only its SHA-256 \(hexadecimal(hash)); \
                    keepSent: true at the endpoint keeps what is sent from then on
                    """)
        }
        _ = try await broker.read(seq, actor: context.actor, purpose: "sent message read: \(endpoint)")
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
