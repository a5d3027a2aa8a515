internal import NIOSSL

/// The names that a client is known by: the DNS names among the subject alternative names of its
/// certificate, or its common name if it has no subject alternative name at all.
/// RFC 6125, sections 6.4.4 and B.2.
func certificateNames(of certificate: NIOSSLCertificate) -> [String] {
    let alternatives = certificate._subjectAlternativeNames()
    guard alternatives.isEmpty else {
        return alternatives.filter { $0.nameType == .dnsName }
            .compactMap { $0.contents.withUnsafeBufferPointer { printableName(Array($0)) } }
    }
    // A certificate that BoringSSL has read can be written again.
    guard let bytes = try? certificate.toDERBytes() else { return [] }
    return commonName(inCertificate: bytes[...]).map { [$0] } ?? []
}

/// A name as text, or nil if it has a byte that no name has: a NUL inside a name has
/// been used to pass for another one.
private func printableName(_ bytes: [UInt8]) -> String? {
    guard !bytes.isEmpty, bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
}

/// The last common name of a certificate's subject.
///
///     Certificate    SEQUENCE { TBSCertificate SEQUENCE {
///                        version [0] OPTIONAL, serialNumber, signature, issuer, validity, subject … } … }
///     subject        SEQUENCE OF SET OF SEQUENCE { type OBJECT IDENTIFIER, value }
///
/// RFC 5280, section 4.1, in DER.
func commonName(inCertificate bytes: ArraySlice<UInt8>) -> String? {
    var outer = DERReader(bytes)
    guard let certificate = outer.next(0x30) else { return nil }
    var inner = DERReader(certificate)
    guard let signed = inner.next(0x30) else { return nil }
    var fields = DERReader(signed)
    if fields.tag == 0xA0 { _ = fields.next(0xA0) }
    guard fields.next(0x02) != nil, fields.next(0x30) != nil, fields.next(0x30) != nil, fields.next(0x30) != nil,
        let subject = fields.next(0x30)
    else { return nil }

    var found: String?
    var names = DERReader(subject)
    while let set = names.next(0x31) {
        var attributes = DERReader(set)
        while let attribute = attributes.next(0x30) {
            var parts = DERReader(attribute)
            guard let type = parts.next(0x06), type.elementsEqual([0x55, 0x04, 0x03]) else { continue }
            // UTF8String, PrintableString, T61String or IA5String: the same bytes for a host name.
            guard let tag = parts.tag, [0x0C, 0x13, 0x14, 0x16].contains(tag), let value = parts.next(tag) else {
                continue
            }
            found = printableName(Array(value))
        }
    }
    return found
}

/// Reads one DER element after the other.
private struct DERReader {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    /// The tag of the next element.
    var tag: UInt8? { bytes.first }

    /// The contents of the next element if it bears `tag`; lengths up to 64 KiB.
    mutating func next(_ tag: UInt8) -> ArraySlice<UInt8>? {
        guard bytes.count >= 2, bytes[bytes.startIndex] == tag else { return nil }
        var start = bytes.startIndex + 2
        var length = Int(bytes[bytes.startIndex + 1])
        if length >= 0x80 {
            let count = length - 0x80
            guard (1...2).contains(count), bytes.endIndex - start >= count else { return nil }
            length = bytes[start..<start + count].reduce(0) { $0 << 8 | Int($1) }
            start += count
        }
        guard bytes.endIndex - start >= length else { return nil }
        defer { bytes = bytes[(start + length)...] }
        return bytes[start..<start + length]
    }
}
