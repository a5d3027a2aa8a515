import CLinux
import HTTPTypes
import Hummingbird
import NIOCore

/// What a request knows: the channel it came on, and who sent it.
struct AdminContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// nil: nobody that is known.
    var access: Access?
    /// Who it would come from if it came now: for answers that last.
    var accessNow: @Sendable () -> Access? = { nil }

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Who an audit event says it was.
    var actor: String { access?.actor ?? "unknown" }

    /// - Throws: 401 for somebody unknown, 403 for somebody who may not.
    func require(_ permission: Permission) throws {
        guard let access else {
            throw HTTPError(
                .unauthorized, message: "sign in, or send a token as Authorization: Bearer TOKEN")
        }
        guard access.role.permissions.contains(permission) else {
            throw HTTPError(
                .forbidden, message: "\(access.actor) is a \(access.role.rawValue), and that may not do this")
        }
    }

    /// The address at the other end, without its port; `local` on the socket.
    var address: String { channel.remoteAddress?.ipAddress ?? "local" }

    /// The user at the other end of the socket, as the kernel says: `uid:1000`.
    func peer() async throws -> String {
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
