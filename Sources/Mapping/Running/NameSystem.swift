import HL7

/// Names of coding systems and assigning authorities as URIs.
struct NameSystem {
    let plan: FlatPlan
    /// A URN of the sender under which its own names are; without the closing colon.
    let sender: Text

    /// The URI of a coding system named as in HL7 table 0396.
    func codingSystem(_ name: Text, _ store: TextStore) -> Text {
        if let known = known(name, plan.codingSystems, store) { return known }
        let text = name.string
        if let number = Self.tableNumber(text) { return store.keep(Self.table(number)) }
        if Identity.isOID(text) { return store.keep("urn:oid:" + text) }
        if Self.isURI(text) { return name }
        if text == "L" || text.hasPrefix("99") { return own(text, store) }
        return store.keep("urn:id:" + Identity.escaped(text))
    }

    /// The URI of an HD: namespace, universal id and its type (HL7 2.5.1 §2.A.33); nil if it is empty.
    func authority(_ namespace: Text, _ universal: Text, _ type: Text, _ store: TextStore) -> Text? {
        if let known = known(namespace.isEmpty ? type : namespace, plan.authorities, store) { return known }
        guard !universal.isEmpty else { return namespace.isEmpty ? nil : own(namespace.string, store) }
        let text = universal.string
        if Identity.isOID(text) { return store.keep("urn:oid:" + text) }
        if Identity.isUUID(text) { return store.keep("urn:uuid:" + text.lowercased()) }
        if Self.isURI(text) { return universal }
        return store.keep("urn:id:" + Identity.escaped(text))
    }

    private func known(_ name: Text, _ table: Int32, _ store: TextStore) -> Text? {
        let code = plan.code(for: name, in: table)
        return code >= 0 ? store.keep(plan.string(plan.tableCodes[Int(code)].text)) : nil
    }

    /// A name that means something to the sender alone.
    private func own(_ name: String, _ store: TextStore) -> Text {
        store.keep(sender.string + ":" + Identity.escaped(name))
    }

    /// The code system of an HL7 v2 table.
    static func table(_ number: String) -> String { "http://terminology.hl7.org/CodeSystem/v2-" + number }

    /// `HL70001`, `HL7001` or `0001` → `0001`.
    private static func tableNumber(_ name: String) -> String? {
        let digits = name.hasPrefix("HL7") ? name.dropFirst(3) : name[...]
        guard (3...4).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            name.hasPrefix("HL7") || digits.utf8.count == 4
        else { return nil }
        return digits.utf8.count == 3 ? "0" + digits : String(digits)
    }

    private static func isURI(_ text: String) -> Bool {
        (text.hasPrefix("urn:") || text.hasPrefix("http://") || text.hasPrefix("https://"))
            && text.utf8.allSatisfy { $0 > 0x20 }
    }
}
