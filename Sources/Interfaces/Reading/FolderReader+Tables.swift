internal import Yams

/// `tables/NAME.yaml`: code tables for `translate` steps.
extension FolderReader {
    func readTable(_ file: Configuration.File) {
        guard let node = YAMLDocument.node(of: file, findings: findings),
            let fields = YAMLFields(node, file.name, findings, what: "a table", keys: ["table", "codes", "otherwise"])
        else { return }
        guard let name = fields.name("table", example: Self.stem(of: file.name)) else { return }
        claim(name, kind: "table", fields)
        var table = TranslationTable(name: name, codes: [:])
        if let node = fields.node("codes") {
            if let codes = YAMLFields(node, file.name, findings, what: "codes") {
                for code in codes.keys { table.codes[code] = codes.text(code) }
            }
        } else {
            findings.error(fields.place, "the key \"codes\" is missing; write codes: { THEIRS: OURS }")
        }
        table.otherwise = otherwise(fields)
        tables[name] = table
    }

    private func otherwise(_ fields: YAMLFields) -> TranslationTable.Otherwise {
        guard let node = fields.node("otherwise") else { return .keep }
        if node.mapping != nil {
            guard let set = YAMLFields(node, fields.file, findings, what: "otherwise", keys: ["set"]) else {
                return .keep
            }
            return set.required("set", example: "U").map { .text($0) } ?? .keep
        }
        guard let text = fields.text("otherwise") else { return .keep }
        switch text {
        case "keep": return .keep
        case "hold": return .hold
        default:
            fields.error("otherwise", "otherwise cannot be \"\(text)\"; write keep, hold or { set: \(text) }")
            return .keep
        }
    }
}
