/// A signed statement of what the audit log held at a time: its size and its Merkle root.
///
/// One line of `audit/heads.jsonl`; the signature (Ed25519) covers the same line without the
/// `signature` member:
///
///     {"broker":"riverside","size":12,"root":"…64 hex digits…","at":1700000000000000,"signature":"…128 hex digits…"}
package struct SignedHead: Hashable, Sendable {
    package var broker: String
    /// Number of events.
    package var size: Int64
    /// Merkle root over them, 32 bytes.
    package var root: [UInt8]
    /// Microseconds since 1970-01-01 UTC.
    package var at: Int64
    package var signature: [UInt8]

    /// Signs a head.
    package init(
        broker: String, size: Int64, root: [UInt8], at: Int64, key: AuditKey
    ) throws(AuditError) {
        self.broker = broker
        self.size = size
        self.root = root
        self.at = at
        signature = []
        signature = try key.signature(of: signedBytes)
    }

    /// Reads one line.
    package init(decoding line: [UInt8]) throws(AuditError) {
        guard let members = JSONLineReader.object(in: line), case .string(let broker)? = members["broker"],
            case .integer(let size)? = members["size"], size >= 0, case .string(let rootText)? = members["root"],
            let root = Hexadecimal.bytes(rootText), root.count == 32, case .integer(let at)? = members["at"],
            case .string(let signatureText)? = members["signature"],
            let signature = Hexadecimal.bytes(signatureText)
        else { throw AuditError(.unreadable, "not a signed head") }
        self.broker = broker
        self.size = size
        self.root = root
        self.at = at
        self.signature = signature
    }

    private func line() -> JSONLine {
        var line = JSONLine()
        line.add("broker", broker)
        line.add("size", size)
        line.add("root", Hexadecimal.text(root))
        line.add("at", at)
        return line
    }

    private var signedBytes: [UInt8] { line().finished() }

    /// The line without its end.
    package func encoded() -> [UInt8] {
        var line = line()
        line.add("signature", Hexadecimal.text(signature))
        return line.finished()
    }

    package func isSigned(by key: AuditPublicKey) -> Bool {
        key.isValid(signature: signature, of: signedBytes)
    }
}
