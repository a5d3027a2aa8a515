import Crypto
import CryptoExtras
import Foundation

/// How a client proves who it is to a token server: a JWT signed with its own key, good for one request
/// (RFC 7523; SMART App Launch 2.2 §Backend Services).
///
///     base64url({"alg":"RS384","kid":…,"typ":"JWT"}) . base64url({"iss","sub","aud","iat","exp","jti"}) . signature
struct ClientAssertion: Sendable {
    /// The address of the token server, which is the audience too.
    var token: String
    var client: String
    var scope: String
    /// PEM: RSA of at least 2048 bits signs RS384, P-384 signs ES384. Read each time, so that it can be replaced.
    var keyFile: String
    /// nil: the thumbprint of the key (RFC 7638).
    var keyID: String?

    /// SMART allows five minutes at most.
    private static let goodForSeconds: Int64 = 240

    /// - Parameters:
    ///   - now: microseconds since 1970-01-01 UTC.
    ///   - id: never used before.
    /// - Throws: ``SecretError`` naming the file; never what is in it.
    func signed(at now: Int64, id: String) throws(SecretError) -> String {
        let key = try SigningKey(pem: try Secret.text(of: keyFile, keepsLines: true), file: keyFile)
        let seconds = now / 1_000_000
        let header = Self.object([
            ("alg", .text(key.algorithm)), ("kid", .text(keyID ?? key.thumbprint)), ("typ", .text("JWT")),
        ])
        let claims = Self.object([
            ("iss", .text(client)), ("sub", .text(client)), ("aud", .text(token)),
            ("iat", .number(seconds)), ("exp", .number(seconds + Self.goodForSeconds)), ("jti", .text(id)),
        ])
        let signed = Base64URL.encoded(header) + "." + Base64URL.encoded(claims)
        return signed + "." + Base64URL.encoded(try key.signature(of: Array(signed.utf8), file: keyFile))
    }

    private enum Member {
        case text(String)
        case number(Int64)
    }

    private static func object(_ members: [(String, Member)]) -> [UInt8] {
        let parts = members.map { name, value in
            switch value {
            case .text(let text): "\"\(name)\":\"\(escaped(text))\""
            case .number(let number): "\"\(name)\":\(number)"
            }
        }
        return Array("{\(parts.joined(separator: ","))}".utf8)
    }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x20:
                result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}

/// A private key that signs assertions.
private enum SigningKey {
    case rsa(_RSA.Signing.PrivateKey)
    case p384(P384.Signing.PrivateKey)

    private static let rsaBitsMin = 2_048

    init(pem: String, file: String) throws(SecretError) {
        // Which of the two it is only trying can tell: "PRIVATE KEY" may hold either.
        if let key = try? P384.Signing.PrivateKey(pemRepresentation: pem) {
            self = .p384(key)
        } else if let key = try? _RSA.Signing.PrivateKey(pemRepresentation: pem), key.keySizeInBits >= Self.rsaBitsMin {
            self = .rsa(key)
        } else {
            throw SecretError(description: "\(file) is not the PEM file of an RSA key of 2048 bits or a P-384 key")
        }
    }

    var algorithm: String {
        switch self {
        case .rsa: "RS384"
        case .p384: "ES384"
        }
    }

    /// SHA-256 of the public key as a JWK whose members are in order (RFC 7638).
    var thumbprint: String {
        let jwk: String
        switch self {
        case .p384(let key):
            let point = Array(key.publicKey.rawRepresentation)
            let (x, y) = (Base64URL.encoded(point.prefix(48)), Base64URL.encoded(point.dropFirst(48)))
            jwk = "{\"crv\":\"P-384\",\"kty\":\"EC\",\"x\":\"\(x)\",\"y\":\"\(y)\"}"
        case .rsa(let key):
            // A key that was read has its numbers.
            let numbers = try? key.publicKey.getKeyPrimitives()
            let e = Base64URL.encoded(Array(numbers?.publicExponent ?? Data()))
            let n = Base64URL.encoded(Array(numbers?.modulus ?? Data()))
            jwk = "{\"e\":\"\(e)\",\"kty\":\"RSA\",\"n\":\"\(n)\"}"
        }
        return Base64URL.encoded(Array(SHA256.hash(data: Array(jwk.utf8))))
    }

    func signature(of bytes: [UInt8], file: String) throws(SecretError) -> [UInt8] {
        do {
            let digest = SHA384.hash(data: bytes)
            return switch self {
            case .p384(let key): Array(try key.signature(for: digest).rawRepresentation)
            // RS384 is PKCS #1 v1.5 (RFC 7518 §3.3), which is sound for signatures.
            case .rsa(let key): Array(try key.signature(for: digest, padding: .insecurePKCS1v1_5).rawRepresentation)
            }
        } catch {
            throw SecretError(description: "the key in \(file) does not sign: \(error)")
        }
    }
}

/// Base 64 for URLs, without padding (RFC 4648 §5).
enum Base64URL {
    static func encoded(_ bytes: some Collection<UInt8>) -> String {
        Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
