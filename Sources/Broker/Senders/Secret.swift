#if canImport(Glibc)
    import Glibc
#endif

/// A secret kept in a file of its own, read each time it is used, so that it can be replaced while the broker runs.
enum Secret {
    private static let bytesMax = 64 << 10

    /// The text of the file without line breaks, or as it stands.
    static func text(of path: String, keepsLines: Bool = false) throws(SecretError) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw SecretError(description: "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { Glibc.close(file) }
        var buffer = [UInt8](repeating: 0, count: bytesMax)
        let count = read(file, &buffer, buffer.count)
        guard count > 0 else { throw SecretError(description: "\(path) is empty") }
        let bytes = buffer[..<count]
        return String(decoding: keepsLines ? bytes : bytes.filter { $0 != 0x0A && $0 != 0x0D }[...], as: UTF8.self)
    }
}

/// Why a request could not be given its credentials.
struct SecretError: Error, CustomStringConvertible {
    let description: String
}
