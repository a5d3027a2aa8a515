import FHIR

extension ResourceTree {
    /// Writes a node as JSON.
    ///
    /// - Parameter ids: the ids of the resources, 36 bytes each.
    mutating func write(_ node: Int32, to out: inout Buffer<UInt8>, ids: Buffer<UInt8>) {
        nodes[Int(node)].isWritten = true
        let value = nodes[Int(node)]
        switch value.kind {
        case .text: out.append(contentsOf: text[Int(value.a)..<Int(value.a + value.b)])
        case .constant: out.append(contentsOf: plan.json(value.a))
        case .reference:
            let isAddress = value.b == 1
            out.append(literal: isAddress ? "\"" : "{\"reference\":\"")
            if literalTypes.isEmpty {
                out.append(literal: "urn:uuid:")
            } else {
                out.append(contentsOf: plan.text(literalTypes[Int(value.a)]))
                out.append(UInt8(ascii: "/"))
            }
            out.append(contentsOf: ids[Int(value.a) * 36..<Int(value.a) * 36 + 36])
            out.append(literal: isAddress ? "\"" : "\"}")
        case .array:
            out.append(UInt8(ascii: "["))
            var child = firstLiving(from: value.first)
            while child >= 0 {
                write(child, to: &out, ids: ids)
                child = firstLiving(from: nodes[Int(child)].next)
                if child >= 0 { out.append(UInt8(ascii: ",")) }
            }
            out.append(UInt8(ascii: "]"))
        case .object:
            out.append(UInt8(ascii: "{"))
            writeMembers(of: node, to: &out, ids: ids)
            out.append(UInt8(ascii: "}"))
        }
    }

    /// Writes the members of an object, without its braces.
    mutating func writeMembers(of node: Int32, to out: inout Buffer<UInt8>, ids: Buffer<UInt8>) {
        nodes[Int(node)].isWritten = true
        var child = firstLiving(from: nodes[Int(node)].first)
        while child >= 0 {
            out.append(contentsOf: plan.text(plan.keys[Int(nodes[Int(child)].key)]))
            write(child, to: &out, ids: ids)
            child = firstLiving(from: nodes[Int(child)].next)
            if child >= 0 { out.append(UInt8(ascii: ",")) }
        }
    }

    /// A JSON string of bytes that are UTF-8.
    mutating func encode(_ bytes: Text) -> FlatText {
        let start = text.count
        if JSONWriter.isPlain(bytes) {
            text.append(UInt8(ascii: "\""))
            text.append(contentsOf: bytes)
            text.append(UInt8(ascii: "\""))
        } else {
            var escaped: [UInt8] = []
            JSONWriter.append(string: bytes, to: &escaped)
            escaped.withUnsafeBufferPointer { text.append(contentsOf: $0) }
        }
        return FlatText(start: Int32(start), count: Int32(text.count - start))
    }

    /// JSON text as it is, without quotes.
    mutating func add(verbatim bytes: Text) -> FlatText {
        let start = text.count
        text.append(contentsOf: bytes)
        return FlatText(start: Int32(start), count: Int32(text.count - start))
    }

    func json(_ part: FlatText) -> Text { text[Int(part.start)..<Int(part.start + part.count)] }

    /// Whether a single value is that of a constant.
    func isEqual(_ node: Int32, toConstant constant: Int32) -> Bool {
        let value = nodes[Int(node)]
        switch value.kind {
        case .text: return json(FlatText(start: value.a, count: value.b)).equals(plan.json(constant))
        case .constant: return plan.json(value.a).equals(plan.json(constant))
        case .object, .array, .reference: return false
        }
    }

    /// Whether two nodes have the same JSON text. They count as written then.
    mutating func areEqual(_ one: Int32, _ other: Int32, ids: Buffer<UInt8>) -> Bool {
        var out = Buffer<UInt8>(capacity: 256)
        defer { out.free() }
        write(one, to: &out, ids: ids)
        let end = out.count
        write(other, to: &out, ids: ids)
        return out[0..<end].equals(out[end..<out.count])
    }
}
