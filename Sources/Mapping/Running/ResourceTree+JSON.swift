import FHIR

extension ResourceTree {
    /// Writes a node as JSON.
    ///
    /// - Parameter ids: the ids of the resources, 36 bytes each.
    mutating func write(_ node: Int32, to out: inout [UInt8], ids: [UInt8]) {
        nodes[Int(node)].isWritten = true
        let value = nodes[Int(node)]
        switch value.kind {
        case .text:
            text.withUnsafeBufferPointer {
                out.append(contentsOf: UnsafeBufferPointer(rebasing: $0[Int(value.a)..<Int(value.a + value.b)]))
            }
        case .constant: plan.append(plan.constants[Int(value.a)].json, to: &out)
        case .reference:
            out.append(literal: "{\"reference\":\"urn:uuid:")
            out.append(contentsOf: ids[Int(value.a) * 36..<Int(value.a) * 36 + 36])
            out.append(literal: "\"}")
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
    mutating func writeMembers(of node: Int32, to out: inout [UInt8], ids: [UInt8]) {
        nodes[Int(node)].isWritten = true
        var child = firstLiving(from: nodes[Int(node)].first)
        while child >= 0 {
            plan.append(plan.keys[Int(nodes[Int(child)].key)], to: &out)
            write(child, to: &out, ids: ids)
            child = firstLiving(from: nodes[Int(child)].next)
            if child >= 0 { out.append(UInt8(ascii: ",")) }
        }
    }

    /// The JSON text of a node.
    mutating func json(_ node: Int32, ids: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        write(node, to: &out, ids: ids)
        return out
    }

    /// A JSON string of bytes that are UTF-8.
    mutating func encode(_ bytes: UnsafeBufferPointer<UInt8>) -> FlatText {
        let start = text.count
        JSONWriter.append(string: bytes, to: &text)
        return FlatText(start: Int32(start), count: Int32(text.count - start))
    }

    /// JSON text as it is, without quotes.
    mutating func add(verbatim bytes: some Collection<UInt8>) -> FlatText {
        let start = text.count
        text.append(contentsOf: bytes)
        return FlatText(start: Int32(start), count: Int32(text.count - start))
    }
}

extension FlatPlan {
    func append(_ text: FlatText, to out: inout [UInt8]) {
        bytes.withUnsafeBufferPointer {
            out.append(contentsOf: UnsafeBufferPointer(rebasing: $0[Int(text.start)..<Int(text.start + text.count)]))
        }
    }
}

extension [UInt8] {
    mutating func append(literal: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }
}
