internal import HL7
internal import HL7Conformance
internal import Yams

/// Value sets, observations, constraints and examples of a profile.
extension ProfileReader {
    // MARK: Value sets

    func valueSets(_ fields: YAMLFields) -> [ProfileSource.ValueSet] {
        guard let node = fields.node("valueSets"),
            let named = YAMLFields(node, fields.file, findings, what: "valueSets")
        else { return [] }
        return named.keys.compactMap { name in
            guard let node = named.node(name) else { return nil }
            guard YAMLFields.isName(name) else {
                named.error(name, "\"\(name)\" is not a name; write letters, digits and hyphens, as units")
                return nil
            }
            var set = ProfileSource.ValueSet(name, [], origin: origin(named.place(name)))
            guard node.mapping != nil else {
                set.codes = named.texts(name)?.map(\.text) ?? []
                return set.codes.isEmpty ? nil : set
            }
            let what = "a value set"
            guard let own = YAMLFields(node, fields.file, findings, what: what, keys: ["codes", "file", "system"])
            else { return nil }
            set.system = own.text("system")
            if own.has("codes") == own.has("file") {
                named.error(name, "a value set has codes: [A, B] or file: profiles/values/NAME.txt; write one of them")
            }
            set.codes = codes(own) + (own.text("file").map { codes(inFile: $0, own.place("file")) } ?? [])
            // What is wrong was said; a set without codes would be said to be wrong once more.
            return set.codes.isEmpty ? ProfileSource.ValueSet(name, [""], origin: set.origin) : set
        }
    }

    /// A list of codes, or codes with their meanings.
    private func codes(_ fields: YAMLFields) -> [String] {
        guard let node = fields.node("codes") else { return [] }
        guard node.mapping != nil else { return fields.texts("codes")?.map(\.text) ?? [] }
        return YAMLFields(node, fields.file, findings, what: "codes")?.keys ?? []
    }

    /// A line a code, and after a tabulator its meaning; lines that begin with `#` are comments.
    private func codes(inFile path: String, _ place: Place) -> [String] {
        guard let bytes = contents(path) else {
            let advice =
                path.hasPrefix("profiles/values/") && path.hasSuffix(".txt")
                ? "write that file, one code a line" : "value sets are files profiles/values/NAME.txt"
            findings.error(place, "there is no value set file \(path); \(advice)")
            return []
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            findings.error(Place(file: path, line: 1), "not UTF-8; save the file as UTF-8")
            return []
        }
        var codes: [String] = []
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let code = line.prefix { $0 != "\t" }
            if !code.isEmpty { codes.append(String(code)) }
        }
        if codes.isEmpty { findings.error(Place(file: path, line: 1), "the file has no codes; write one a line") }
        return codes
    }

    // MARK: Observations

    func observations(_ fields: YAMLFields) -> [ProfileSource.Observation] {
        guard let node = fields.node("observations"),
            let named = YAMLFields(node, fields.file, findings, what: "observations")
        else { return [] }
        return named.keys.compactMap { code in
            guard let node = named.node(code) else { return nil }
            var observation = ProfileSource.Observation(code, origin: origin(named.place(code)))
            guard node.mapping != nil else {
                observation.types = named.texts(code)?.map(\.text) ?? []
                return observation
            }
            guard
                let own = YAMLFields(
                    node, fields.file, findings, what: "an observation", keys: ["type", "units", "values"])
            else { return nil }
            observation.types = own.texts("type")?.map(\.text) ?? []
            observation.units = own.texts("units")?.map(\.text) ?? []
            observation.values = values(own, code)
            return observation
        }
    }

    // MARK: Constraints

    private static let constraintKeys = ["constraint", "each", "when", "require", "text", "severity", "at"]

    func constraints(_ fields: YAMLFields) -> [ProfileSource.Constraint] {
        guard let node = fields.node("constraints") else { return [] }
        return fields.elements(node).compactMap { element in
            guard
                let own = YAMLFields(
                    element, fields.file, findings, what: "a constraint", keys: Self.constraintKeys)
            else { return nil }
            let name = own.name("constraint", example: "discharge-time")
            let text = own.required("text", example: "A discharge has its time in PV1-45")
            guard own.required("require", example: "PV1-45 valued") != nil,
                let requirement = condition(own, "require"), let name, let text
            else { return nil }
            var location: Path?
            if let path = own.text("at") {
                do throws(PathError) {
                    location = try Path(path)
                } catch {
                    own.error("at", "\(error)")
                }
            }
            return ProfileSource.Constraint(
                name, each: own.text("each"), when: condition(own, "when"), require: requirement, text: text,
                severity: own.word("severity", Severity.error), at: location, origin: origin(own.place))
        }
    }

    // MARK: Examples

    func examples(_ fields: YAMLFields) -> [ProfileExample] {
        guard let node = fields.node("examples") else { return [] }
        return fields.elements(node).compactMap { element in
            guard
                let own = YAMLFields(
                    element, fields.file, findings, what: "an example", keys: ["message", "ack", "findings"]),
                let message = own.required("message", example: "profiles/examples/a01.hl7"),
                own.required("ack", example: "AA") != nil
            else { return nil }
            return ProfileExample(
                message: FolderFiles.absolute(message, base: base), verdict: own.word("ack", Verdict.accept),
                errors: expected(own), file: fields.file, line: own.place.line ?? 1)
        }
    }

    private func expected(_ fields: YAMLFields) -> [ProfileExample.Expected]? {
        guard let node = fields.node("findings") else { return nil }
        return fields.elements(node).compactMap { element in
            guard
                let own = YAMLFields(element, fields.file, findings, what: "a finding", keys: ["location", "code"]),
                own.required("code", example: "101") != nil, let code = own.integer("code", in: 0...999)
            else { return nil }
            return ProfileExample.Expected(location: own.text("location") ?? "", code: code)
        }
    }
}
