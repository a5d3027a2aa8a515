#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Converts text with `iconv(3)`.
enum CharsetConverter {
    /// Bytes decoded to UTF-8. A set that this system's `iconv` lacks decodes as ASCII.
    static func utf8(_ bytes: ArraySlice<UInt8>, from source: String) -> Charset.Repaired {
        var repaired = Charset.Repaired()
        repaired.bytes.reserveCapacity(bytes.count + bytes.count / 2)
        let isKnown = convert(bytes, from: source, to: "UTF-8") { part, invalid in
            repaired.bytes += part
            if let invalid { repaired.replace(invalid) }
            return true
        }
        if isKnown { return repaired }
        for (offset, byte) in zip(bytes.indices, bytes) {
            if byte < 0x80 { repaired.bytes.append(byte) } else { repaired.replace(offset) }
        }
        return repaired
    }

    /// A text in a set, or nil if the set lacks a character or this system lacks the set.
    static func encoded(_ text: String, in target: String) -> [UInt8]? {
        var output: [UInt8] = []
        var isComplete = true
        let isKnown = convert(Array(text.utf8)[...], from: "UTF-8", to: target) { part, invalid in
            output += part
            if invalid != nil { isComplete = false }
            return isComplete
        }
        return isKnown && isComplete ? output : nil
    }

    /// Converts piece by piece, passing over what cannot be converted byte by byte.
    ///
    /// - Parameter body: gets what was converted, and the offset of the byte behind it that could not be; returns
    ///   whether to go on.
    /// - Returns: false if `iconv` has no such conversion.
    private static func convert(
        _ bytes: ArraySlice<UInt8>, from source: String, to target: String,
        _ body: (ArraySlice<UInt8>, Int?) -> Bool
    ) -> Bool {
        guard let descriptor = iconv_open(target, source), descriptor != iconv_t(bitPattern: -1) else { return false }
        defer { iconv_close(descriptor) }
        var input = bytes.map { CChar(bitPattern: $0) }
        var buffer = [UInt8](repeating: 0, count: min(4096, bytes.count * 2 + 16))
        var consumed = 0
        while true {
            let atEnd = consumed == input.count
            let (failure, read, written) = step(descriptor, &input, consumed, &buffer)
            consumed += read
            // EILSEQ: not valid; EINVAL: the bytes end inside a character; E2BIG: there is more to write.
            let isInvalid = failure != 0 && failure != E2BIG && !atEnd
            guard body(buffer[..<written], isInvalid ? bytes.startIndex + consumed : nil) else { return true }
            if isInvalid { consumed += 1 }
            if atEnd, failure != E2BIG { return true }
        }
    }

    /// One call of `iconv`; after the last byte it writes what returns to the initial shift state.
    private static func step(
        _ descriptor: iconv_t, _ input: inout [CChar], _ consumed: Int, _ buffer: inout [UInt8]
    ) -> (failure: Int32, read: Int, written: Int) {
        input.withUnsafeMutableBufferPointer { source in
            buffer.withUnsafeMutableBytes { sink in
                var from = source.baseAddress.map { $0 + consumed }
                var fromLeft = source.count - consumed
                var to = sink.baseAddress?.assumingMemoryBound(to: CChar.self)
                var toLeft = sink.count
                let status =
                    fromLeft > 0
                    ? iconv(descriptor, &from, &fromLeft, &to, &toLeft)
                    : iconv(descriptor, nil, nil, &to, &toLeft)
                let failure = status == -1 ? errno : 0
                return (failure, source.count - consumed - fromLeft, sink.count - toLeft)
            }
        }
    }
}
