import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server that answers posted bundles as it is told.
final class TestFHIRServer: Sendable {
    struct Request: Sendable {
        var path = ""
        var body: [UInt8]
        var headers: [String: String]
    }

    struct Response: Sendable {
        var status: Int
        var headers: [String: String] = [:]
        var body = ""

        /// A transaction-response with one status an entry.
        static func bundle(_ statuses: [String]) -> Response {
            let entries = statuses.map { "{\"response\":{\"status\":\"\($0)\"}}" }.joined(separator: ",")
            return Response(
                status: 200,
                body: "{\"resourceType\":\"Bundle\",\"type\":\"transaction-response\",\"entry\":[\(entries)]}")
        }
    }

    private let respond: @Sendable (Request, Int) -> Response
    private let seen = Mutex<[Request]>([])

    /// - Parameter respond: given the request and its number, from 1.
    init(_ respond: @escaping @Sendable (Request, Int) -> Response) { self.respond = respond }

    var requests: [Request] { seen.withLock { $0 } }

    fileprivate func response(to request: Request) -> Response {
        let number = seen.withLock { seen in
            seen.append(request)
            return seen.count
        }
        return respond(request, number)
    }

    /// Serves on a free port while the body runs.
    func run(_ body: (Int) async throws -> Void) async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(FHIRHandler(server: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do { try await body(channel.localAddress?.port ?? 0) } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
    }
}

private final class FHIRHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: TestFHIRServer
    private var request = TestFHIRServer.Request(body: [], headers: [:])

    init(server: TestFHIRServer) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            let headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
            request = TestFHIRServer.Request(path: head.uri, body: [], headers: headers)
        case .body(let buffer): request.body += Array(buffer.readableBytesView)
        case .end:
            let response = server.response(to: request)
            var headers = HTTPHeaders(response.headers.map { ($0.key, $0.value) })
            headers.add(name: "Content-Length", value: "\(response.body.utf8.count)")
            let head = HTTPResponseHead(
                version: .http1_1, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: response.body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
