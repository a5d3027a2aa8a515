/// Decodes the text of ``R4Tables`` in one pass over its bytes, which takes a few milliseconds.
struct R4Decoder {
    /// Some bytes of the tables. They are static, so that a slice of them is good for ever.
    private typealias Text = Slice<UnsafeBufferPointer<UInt8>>

    private var model = R4Model()
    private var targetIndex: [String: Int16] = [:]
    private var valueSetIndex: [String: Int16] = [:]
    /// The contexts that are open, outermost first, each with the rows that it has so far.
    private var open: [(context: Int, rows: [R4Model.Child])] = []
    private var contentReferences: [(element: Int, type: String, path: String)] = []

    static func decode() -> R4Model {
        var decoder = R4Decoder()
        for line in lines(R4Tables.primitives) { decoder.declare(string(line), .primitive) }
        for line in lines(R4Tables.valueSets) { decoder.decodeValueSet(line) }
        let types = lines(R4Tables.types)
        for line in types where line.first != UInt8(ascii: " ") { decoder.declareType(line) }
        for line in types { decoder.decodeLine(line) }
        decoder.close(to: 0)
        decoder.resolveContentReferences()
        return decoder.model
    }

    private static func lines(_ text: StaticString) -> [Text] {
        let bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        return bytes[...].split(separator: UInt8(ascii: "\n"))
    }

    private static func string(_ text: Text) -> String { String(decoding: text, as: UTF8.self) }

    private mutating func name(_ text: String) -> UInt16 {
        if let index = model.nameIndex[text] { return index }
        let index = UInt16(model.names.count)
        model.names.append(text)
        model.nameIndex[text] = index
        return index
    }

    private mutating func declare(_ type: String, _ kind: R4Model.Kind) {
        model.typeIndex[type] = UInt16(model.types.count)
        let format = kind == .primitive ? R4Format(rawValue: type) : nil
        model.types.append(R4Model.TypeRow(name: type, kind: kind, format: format))
    }

    /// `Patient:DomainResource`, or `~Element`. What begins with a resource's elements is a resource.
    private mutating func declareType(_ line: Text) {
        let parts = line.split(separator: UInt8(ascii: ":"))
        if parts[0].first == UInt8(ascii: "~") {
            declare(Self.string(parts[0].dropFirst()), .abstract)
        } else {
            let isResource = parts.count == 2 && Self.string(parts[1]).hasSuffix("Resource")
            declare(Self.string(parts[0]), isResource ? .resource : .complex)
        }
    }

    private mutating func decodeValueSet(_ line: Text) {
        let words = line.split(separator: UInt8(ascii: " ")).map(Self.string)
        var system = ""
        var codings: [R4ValueSet.Coding] = []
        for word in words.dropFirst() {
            if word.hasPrefix("http") || word.hasPrefix("urn:") {
                system = word
            } else {
                codings.append(R4ValueSet.Coding(system: system, code: word))
            }
        }
        valueSetIndex[words[0]] = Int16(model.valueSets.count)
        model.valueSets.append(R4ValueSet(name: words[0], codings: codings))
    }

    private mutating func decodeLine(_ line: Text) {
        let element = line.drop { $0 == UInt8(ascii: " ") }
        let depth = line.count - element.count
        if depth > 0 { return decodeElement(element, depth: depth) }
        close(to: 0)
        let parts = line.split(separator: UInt8(ascii: ":")).map(Self.string)
        let name = parts[0].hasPrefix("~") ? String(parts[0].dropFirst()) : parts[0]
        guard let type = model.typeIndex[name] else { return }
        model.types[Int(type)].context = openContext(base: parts.count == 2 ? model.typeIndex[parts[1]] : nil)
    }

    private mutating func openContext(base: UInt16?) -> Int16 {
        let index = model.contexts.count
        model.contexts.append(R4Model.Context(baseType: base.map(Int16.init) ?? -1))
        open.append((index, []))
        return Int16(index)
    }

    /// Ends the contexts below a depth and puts the rows of each together in the flat table.
    private mutating func close(to depth: Int) {
        while open.count > depth {
            let (context, rows) = open.removeLast()
            let start = UInt16(model.children.count)
            model.children.append(contentsOf: rows)
            model.contexts[context].children = start..<UInt16(model.children.count)
        }
    }

    private mutating func decodeElement(_ line: Text, depth: Int) {
        if depth > open.count, let parent = model.elements.indices.last {
            // Deeper than the contexts that are open: the element before this one has children.
            model.elements[parent].context = openContext(base: model.elements[parent].types.first)
        }
        close(to: depth)
        let words = line.split(separator: UInt8(ascii: " "))
        let text = Self.string(words[0])
        let cardinality = words[1].first
        var row = R4Model.ElementRow(name: name(text))
        row.isRequired = cardinality == UInt8(ascii: "1") || cardinality == UInt8(ascii: "+")
        row.isArray = cardinality == UInt8(ascii: "*") || cardinality == UInt8(ascii: "+")
        if words[2].first == UInt8(ascii: "=") {
            let path = Self.string(words[2].dropFirst())
            let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
            contentReferences.append((model.elements.count, parts[0], parts[1]))
        } else {
            row.types = words[2].split(separator: UInt8(ascii: ",")).compactMap { model.typeIndex[Self.string($0)] }
        }
        for word in words.dropFirst(3) {
            let rest = Self.string(word.dropFirst())
            if word.first == UInt8(ascii: "!") {
                row.valueSet = valueSetIndex[rest] ?? -1
            } else {
                row.targets = targets(rest)
            }
        }
        add(row, named: text)
    }

    private mutating func targets(_ text: String) -> Int16 {
        if let index = targetIndex[text] { return index }
        let index = Int16(model.targets.count)
        model.targets.append(text.split(separator: ",").map(String.init))
        targetIndex[text] = index
        return index
    }

    /// Adds an element and the keys under which JSON has it: its name, or for a choice one a type (`valueString`, …).
    private mutating func add(_ row: R4Model.ElementRow, named text: String) {
        let element = UInt16(model.elements.count)
        model.elements.append(row)
        let last = open.count - 1
        if row.isRequired { model.contexts[open[last].context].required.append(element) }
        guard text.hasSuffix("[x]") else {
            open[last].rows.append(R4Model.Child(name: row.name, element: element, choice: -1))
            return
        }
        for type in row.types {
            let suffix = model.types[Int(type)].name
            let key = name(text.dropLast(3) + suffix.prefix(1).uppercased() + suffix.dropFirst())
            open[last].rows.append(R4Model.Child(name: key, element: element, choice: Int16(type)))
        }
    }

    private mutating func resolveContentReferences() {
        model.elementContext = model.context(ofType: "Element") ?? -1
        model.extensionContext = model.context(ofType: "Extension") ?? -1
        for (element, type, path) in contentReferences {
            model.elements[element].context = model.context(at: path, below: type).map(Int16.init) ?? -1
        }
    }
}
