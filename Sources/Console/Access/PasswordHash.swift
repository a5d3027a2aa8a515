import Crypto
import CryptoExtras
import Dispatch
import Foundation

/// A password as it is stored: scrypt (RFC 7914) with its salt and costs.
struct PasswordHash: Codable, Hashable, Sendable {
    var salt: [UInt8]
    var rounds: Int
    var blockSize: Int
    var key: [UInt8]

    /// What a password must have at least, in characters.
    static let lengthMin = 12
    private static let keyBytes = 32
    private static let rounds = 1 << 15

    /// Takes about a tenth of a second and 32 MiB.
    init(_ password: String) async throws {
        var generator = SystemRandomNumberGenerator()
        salt = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        rounds = Self.rounds
        blockSize = 8
        key = try await Self.derive(password, salt: salt, rounds: rounds, blockSize: blockSize)
    }

    func matches(_ password: String) async -> Bool {
        // Costs that scrypt refuses match nothing.
        guard let other = try? await Self.derive(password, salt: salt, rounds: rounds, blockSize: blockSize) else {
            return false
        }
        return isEqual(other, key)
    }

    /// One at a time, on a thread of its own: however many people guess, deliveries and requests keep their threads, and
    /// the memory is that of one.
    private static let queue = DispatchQueue(label: "wardline.passwords", qos: .utility)

    private static func derive(
        _ password: String, salt: [UInt8], rounds: Int, blockSize: Int
    ) async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(
                    with: Result { try key(of: password, salt: salt, rounds: rounds, blockSize: blockSize) })
            }
        }
    }

    private static func key(
        of password: String, salt: [UInt8], rounds: Int, blockSize: Int
    ) throws -> [UInt8] {
        // The same letters typed in two ways are the same password (RFC 8265).
        let bytes = Array(password.precomposedStringWithCanonicalMapping.utf8)
        let key = try KDF.Scrypt.deriveKey(
            from: bytes, salt: salt, outputByteCount: keyBytes, rounds: rounds, blockSize: blockSize, parallelism: 1)
        return key.withUnsafeBytes { Array($0) }
    }
}

/// A secret that a program shows instead of a password. Only its SHA-256 is kept.
struct Secret {
    /// What begins every token, so that scanners for leaked secrets find it.
    static let prefix = "wardline_"

    /// 256 random bits in base64url.
    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    static func hash(_ text: String) -> String { hexadecimal(Array(SHA256.hash(data: Array(text.utf8)))) }
}

/// Compares in a time that does not depend on where the difference is.
func isEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
