import CLinux
import Hummingbird
import NIOCore

/// What a request over the admin socket knows: the channel it came on.
struct AdminContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The user at the other end of the socket, as the kernel says: `uid:1000`. Who an audit event says it was.
    func actor() async throws -> String {
        guard let provider = channel as? any SocketOptionProvider else { return "unknown" }
        let peer: PeerCredentials = try await provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: clinux_so_peercred)
        ).get()
        return "uid:\(peer.uid)"
    }
}

/// `struct ucred` of unix(7).
private struct PeerCredentials: Sendable {
    var pid: Int32 = 0
    var uid: UInt32 = 0
    var gid: UInt32 = 0
}
