internal import HL7
internal import HL7Conformance
internal import Yams

/// `elements:` of a profile: a path, and a usage or what more is to be said.
extension ProfileReader {
    private static let keys = [
        "name", "type", "usage", "when", "cardinality", "length", "conformanceLength", "value", "values",
    ]

    func elements(_ fields: YAMLFields, _ key: String) -> [ProfileSource.Element] {
        guard let node = fields.node(key),
            let named = YAMLFields(node, fields.file, findings, what: "elements")
        else { return [] }
        return named.keys.compactMap { path in
            guard let node = named.node(path) else { return nil }
            return element(path, node, named.place(path))
        }
    }

    private func element(_ path: String, _ node: Node, _ place: Place) -> ProfileSource.Element? {
        var element = ProfileSource.Element(path, origin: origin(place))
        if let text = node.scalar?.string {
            element.usage = usage(text, place)
            return element
        }
        guard let fields = YAMLFields(node, place.file, findings, what: "an element", keys: Self.keys) else {
            return nil
        }
        element.name = fields.text("name")
        element.type = fields.text("type")
        element.usage = fields.text("usage").flatMap { usage($0, fields.place("usage")) }
        element.condition = condition(fields, "when")
        // What is wrong with the condition was said: the usage would be said to lack one.
        if fields.has("when"), element.condition == nil { element.usage = nil }
        element.cardinality = range(fields, "cardinality", example: "1..3 or 0..*")
        element.length = range(fields, "length", example: "1..20")
        element.conformanceLength = conformanceLength(fields)
        element.constant = fields.text("value")
        element.values = values(fields, path)
        return element
    }

    private func usage(_ text: String, _ place: Place) -> ProfileUsage? {
        if let usage = ProfileUsage(text) { return usage }
        findings.error(place, "usage cannot be \"\(text)\"; write R, RE, O, X, B or a conditional one, as C(R/X)")
        return nil
    }

    private func range(_ fields: YAMLFields, _ key: String, example: String) -> Cardinality? {
        guard let text = fields.text(key) else { return nil }
        if let range = Cardinality(text) {
            // A length alone is the longest, where a number alone is exactly so many.
            return key == "length" && !text.contains(".") ? Cardinality(1, range.maximum) : range
        }
        fields.error(key, "\(key) cannot be \"\(text)\"; write \(example)")
        return nil
    }

    /// Characters, with or without the sign that says whether longer values may be cut (`20#`) or not (`20=`).
    private func conformanceLength(_ fields: YAMLFields) -> Int? {
        guard let text = fields.text("conformanceLength") else { return nil }
        let digits = text.hasSuffix("=") || text.hasSuffix("#") ? String(text.dropLast()) : text
        if let number = Int(digits), (1...1_000_000).contains(number) { return number }
        fields.error("conformanceLength", "conformanceLength cannot be \"\(text)\"; write 20, 20= or 20#")
        return nil
    }

    /// The name of a value set, or a list of codes, which becomes a value set of its own.
    func values(_ fields: YAMLFields, _ owner: String) -> String? {
        guard let node = fields.node("values") else { return nil }
        guard node.sequence != nil else { return fields.text("values") }
        let codes = fields.texts("values")?.map(\.text) ?? []
        let name = "\(owner):\(fields.place("values").line ?? 0)"
        inlineSets.append(
            ProfileSource.ValueSet(name, codes, isInline: true, origin: origin(fields.place("values"))))
        return name
    }

    func condition(_ fields: YAMLFields, _ key: String) -> Condition? {
        guard let text = fields.text(key) else { return nil }
        do throws(ConditionError) {
            return try Condition(text)
        } catch {
            fields.error(key, "\(key): \(error)")
            return nil
        }
    }
}
