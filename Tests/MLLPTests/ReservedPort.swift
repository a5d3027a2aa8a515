import Glibc
import Testing

/// A port of the loopback addresses that is bound and does not listen, so that connections to it are refused, and no
/// other test gets it.
final class ReservedPort {
    let number: Int
    private let descriptors: [Int32]

    init() throws {
        let first = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        try #require(ReservedPort.bound(first, &address))
        number = Int(UInt16(bigEndian: address.sin_port))
        // `localhost` may be this one too; a machine without IPv6 has nobody there either.
        let second = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        var address6 = sockaddr_in6()
        address6.sin6_family = sa_family_t(AF_INET6)
        address6.sin6_addr = in6addr_loopback
        address6.sin6_port = address.sin_port
        _ = ReservedPort.bound(second, &address6)
        descriptors = [first, second]
    }

    deinit {
        for descriptor in descriptors where descriptor >= 0 { close(descriptor) }
    }

    /// Binds, and says in `address` where.
    private static func bound<Address>(_ descriptor: Int32, _ address: inout Address) -> Bool {
        var length = socklen_t(MemoryLayout<Address>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
    }
}
