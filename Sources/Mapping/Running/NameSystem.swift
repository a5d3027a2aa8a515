import HL7

/// Names of coding systems and assigning authorities as URIs.
enum NameSystem {
    /// The code system of an HL7 v2 table.
    static func table(_ number: String) -> String { "http://terminology.hl7.org/CodeSystem/v2-" + number }

    /// `HL70001`, `HL7001` or `0001` → `0001`.
    fileprivate static func tableNumber(_ name: String) -> String? {
        let digits = name.hasPrefix("HL7") ? name.dropFirst(3) : name[...]
        guard (3...4).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            name.hasPrefix("HL7") || digits.utf8.count == 4
        else { return nil }
        return digits.utf8.count == 3 ? "0" + digits : String(digits)
    }

    fileprivate static func isURI(_ text: String) -> Bool {
        (text.hasPrefix("urn:") || text.hasPrefix("http://") || text.hasPrefix("https://"))
            && text.utf8.allSatisfy { $0 > 0x20 }
    }
}

extension MappingRun {
    /// The URI of a coding system named as in HL7 table 0396.
    mutating func codingSystem(_ name: Text) -> Text {
        if let known = known(name, plan.codingSystems) { return known }
        let text = name.string
        if let number = NameSystem.tableNumber(text) { return store.keep(NameSystem.table(number)) }
        if Identity.isOID(text) { return store.keep("urn:oid:" + text) }
        if NameSystem.isURI(text) { return name }
        if text == "L" || text.hasPrefix("99") { return own(name) }
        return store.keep("urn:id:" + Identity.escaped(text))
    }

    /// The URI of an HD: namespace, universal id and its type (HL7 2.5.1 §2.A.33); nil if it is empty.
    mutating func authority(_ namespace: Text, _ universal: Text, _ type: Text) -> Text? {
        if let known = known(namespace.isEmpty ? type : namespace, plan.authorities) { return known }
        guard !universal.isEmpty else { return namespace.isEmpty ? nil : own(namespace) }
        let text = universal.string
        if Identity.isOID(text) { return store.keep("urn:oid:" + text) }
        if Identity.isUUID(text) { return store.keep("urn:uuid:" + text.lowercased()) }
        if NameSystem.isURI(text) { return universal }
        return store.keep("urn:id:" + Identity.escaped(text))
    }

    private func known(_ name: Text, _ table: Int32) -> Text? {
        let code = plan.code(for: name, in: table)
        return code >= 0 ? plan.text(plan.tableCodes[Int(code)].text) : nil
    }

    /// A name that means something to the sender alone.
    private mutating func own(_ name: Text) -> Text {
        line.removeAll()
        line.append(contentsOf: sender)
        line.append(UInt8(ascii: ":"))
        Identity.append(escaped: name, to: &line)
        return store.keep(line.all)
    }
}
