import Dispatch
import Glibc

/// What a listener says to bytes as they stand on the wire: sent at once, our side closed, everything read to its end.
enum RawExchange {
    /// The payloads of the frames that came back.
    static func payloads(sending bytes: [UInt8], port: Int) async throws -> [[UInt8]] {
        let answer = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try exchange(bytes, port) })
            }
        }
        return answer.split(separator: 0x0B).map { frame in
            Array(frame.prefix { $0 != 0x1C })
        }
    }

    static func framed(_ message: [UInt8]) -> [UInt8] { [0x0B] + message + [0x1C, 0x0D] }

    private static func exchange(_ bytes: [UInt8], _ port: Int) throws -> [UInt8] {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw TimedOut(description: "cannot connect") }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw TimedOut(description: "cannot write") }
            sent += count
        }
        shutdown(descriptor, Int32(SHUT_WR))
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return answer }
            answer += buffer[..<count]
        }
    }
}
