internal import Yams

/// One mapping of a YAML file: its keys are checked when it is made, its values when they are asked for.
struct YAMLFields {
    let file: String
    let findings: FindingList
    /// The line of the mapping.
    let place: Place
    private let values: [String: Node]
    private let lines: [String: Int]

    /// - Parameters:
    ///   - what: the thing that the mapping describes, as in `a route`.
    ///   - keys: those it may have.
    /// - Returns: nil, with the reason noted, if the node is no mapping.
    init?(_ node: Node, _ file: String, _ findings: FindingList, what: String, keys: [String]) {
        self.init(node, file, findings, what: what)
        for (key, line) in lines where !keys.contains(key) {
            let near = Spelling.nearest(to: key, among: keys).map { "write \($0)" }
            let remedy = near ?? "\(what) has \(keys.joined(separator: ", "))"
            findings.error(Place(file: file, line: line), "unknown key \"\(key)\"; \(remedy)")
        }
    }

    /// A mapping whose keys are names.
    init?(_ node: Node, _ file: String, _ findings: FindingList, what: String) {
        self.file = file
        self.findings = findings
        place = Place(file: file, line: node.mark?.line)
        guard case .mapping(let mapping) = node else {
            findings.error(place, "\(what) is written as keys with values, key: value")
            return nil
        }
        var values: [String: Node] = [:]
        var lines: [String: Int] = [:]
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                findings.error(Place(file: file, line: key.mark?.line), "a key is a plain word")
                continue
            }
            values[name] = value
            lines[name] = key.mark?.line ?? 1
        }
        self.values = values
        self.lines = lines
    }

    /// The keys that are there, in the order of the file.
    var keys: [String] { values.keys.sorted { (lines[$0] ?? 0, $0) < (lines[$1] ?? 0, $1) } }

    func has(_ key: String) -> Bool { values[key] != nil }
    func node(_ key: String) -> Node? { values[key] }
    func place(_ key: String) -> Place { Place(file: file, line: lines[key] ?? place.line) }
    func place(of node: Node) -> Place { Place(file: file, line: node.mark?.line ?? place.line) }
    func error(_ key: String, _ text: String) { findings.error(place(key), text) }
    func warning(_ key: String, _ text: String) { findings.warning(place(key), text) }

    // MARK: Texts

    /// A text that must be there.
    func required(_ key: String, example: String) -> String? {
        guard has(key) else {
            findings.error(place, "the key \"\(key)\" is missing; write \(key): \(example)")
            return nil
        }
        return text(key)
    }

    func text(_ key: String) -> String? { values[key].flatMap { text($0, key) } }

    func text(_ node: Node, _ key: String) -> String? {
        guard let text = node.scalar?.string else {
            findings.error(place(of: node), "\(key) is one text, not a list or mapping")
            return nil
        }
        guard !text.isEmpty else {
            findings.error(place(of: node), "\(key) is empty; write a value or delete the key")
            return nil
        }
        return text
    }

    /// A list of texts; a single one may stand without brackets. Each with its line.
    func texts(_ key: String) -> [(text: String, place: Place)]? {
        guard let node = values[key] else { return nil }
        let elements = elements(node)
        if elements.isEmpty { error(key, "\(key) is an empty list; write a value or delete the key") }
        return elements.compactMap { element in text(element, key).map { ($0, place(of: element)) } }
    }

    func elements(_ node: Node) -> [Node] {
        if case .sequence(let sequence) = node { Array(sequence) } else { [node] }
    }

    /// A name that other files refer to.
    func name(_ key: String, example: String) -> String? {
        guard let name = required(key, example: example) else { return nil }
        guard Self.isName(name) else {
            error(key, "\"\(name)\" is not a name; write letters, digits and hyphens, as \(example)")
            return nil
        }
        return name
    }

    static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
    }

    // MARK: Other values

    /// One of the words of an enumeration.
    func word<Word>(_ key: String, _ fallback: Word) -> Word
    where Word: RawRepresentable<String> & CaseIterable {
        guard let text = text(key) else { return fallback }
        if let word = Word(rawValue: text) { return word }
        let words = Word.allCases.map(\.rawValue)
        error(key, "\(key) cannot be \"\(text)\"; \(Spelling.remedy(for: text, among: words))")
        return fallback
    }

    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(key) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            error(key, "\(key) cannot be \"\(text)\"; write a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    func isTrue(_ key: String) -> Bool {
        guard let text = text(key) else { return false }
        if text != "true" && text != "false" { error(key, "\(key) cannot be \"\(text)\"; write true or false") }
        return text == "true"
    }

    func duration(_ key: String) -> Duration? {
        guard let text = text(key) else { return nil }
        if let duration = Units.duration(text) { return duration }
        error(key, "\(key) cannot be \"\(text)\"; write a number with ms, s, m, h or d, as 30s")
        return nil
    }

    /// Bytes.
    func size(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(key) else { return nil }
        guard let size = Units.size(text), range.contains(size) else {
            let limits = "\(Units.text(size: range.lowerBound)) to \(Units.text(size: range.upperBound))"
            error(key, "\(key) cannot be \"\(text)\"; write a size from \(limits), as 16MiB")
            return nil
        }
        return size
    }

    func bind(_ key: String) -> BindAddress? {
        guard let text = required(key, example: "127.0.0.1:2575") else { return nil }
        if let address = Units.address(text, ports: 0...65_535) { return address }
        error(key, "\(key) cannot be \"\(text)\"; write ADDRESS:PORT, as 127.0.0.1:2575 or [::1]:2575")
        return nil
    }
}
