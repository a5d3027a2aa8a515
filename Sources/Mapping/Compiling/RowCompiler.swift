import FHIR
import HL7

/// Compiles one row of a segment or datatype map.
struct RowCompiler {
    let compiler: MapCompiler
    let context: MapContext
    let row: RowDeclaration

    init(_ compiler: MapCompiler, _ context: MapContext, _ row: RowDeclaration) {
        self.compiler = compiler
        self.context = context
        self.row = row
    }

    private func mistake(_ text: String, at place: MapPlace? = nil) {
        compiler.mistakes.add(place ?? row.place, "row \(row.id): \(text)")
    }

    func compiled() -> RowPlan? {
        let sources = row.from.compactMap { compiler.source($0.content, $0.place, context) }
        let when = row.when.flatMap { compiler.compile(condition: $0, context) }
        if row.drop != nil {
            if row.from.isEmpty { mistake("drop needs from: the paths that are not carried") }
            let nowhere = TargetPath(steps: [], anchorCount: 0, text: "")
            return RowPlan(
                id: row.id, map: context.name, sources: sources, target: nowhere, output: .drop, when: when)
        }
        guard [!row.from.isEmpty, row.value != nil, row.ref != nil].count(where: { $0 }) == 1 else {
            mistake("write exactly one of from, value, ref")
            return nil
        }
        guard let to = row.to else {
            mistake("write to: the element that it fills, or drop: why it is not carried")
            return nil
        }
        guard let (target, element) = self.target(to) else { return nil }
        checkSet(target)
        let table = self.table(row.table)
        guard let output = output(element, table) else { return nil }
        check(table, element, output)
        return RowPlan(
            id: row.id, map: context.name, sources: sources, target: target, output: output, table: table, v2: row.v2,
            when: when, pick: pick(), join: row.join, prefix: row.prefix, set: row.set?.content.object,
            onUnmapped: onUnmapped(element), needsTableCode: element.binding != nil, isNeeded: isNeeded(output),
            otherwise: otherwise(sources))
    }

    // MARK: Target

    /// The compiled path and the element at its end.
    private func target(_ to: Placed<String>) -> (TargetPath, R4Element)? {
        Self.target(to, of: context.target, compiler: compiler) { mistake($0, at: to.place) }
    }

    static func target(
        _ to: Placed<String>, of type: String, compiler: MapCompiler, mistake: (String) -> Void
    ) -> (TargetPath, R4Element)? {
        guard let pieces = TargetPiece.pieces(of: to.content) else {
            mistake("\(to.content) is not a target; write names with dots between, as in name[+].family")
            return nil
        }
        var steps: [TargetStep] = []
        var names: [String] = []
        var anchorCount = 0
        var last: R4Element?
        for piece in pieces {
            let parent = names.joined(separator: ".")
            names.append(piece.name)
            guard let element = Definitions.element(type, names.joined(separator: ".")) else {
                let there = Definitions.elements(type, parent).joined(separator: ", ")
                mistake("\(parent.isEmpty ? type : type + "." + parent) has no element \(piece.name); it has \(there)")
                return nil
            }
            if let last, last.types.count == 1, R4.isPrimitive(last.types[0]) {
                if last.isArray {
                    mistake("extensions of a list of primitives are not possible; extend the element around it")
                    return nil
                }
                steps[steps.count - 1].key = "_" + steps[steps.count - 1].key
            }
            guard let index = index(of: piece, element, steps, compiler, mistake) else { return nil }
            steps.append(TargetStep(key: piece.name, index: index, url: piece.url.map { url($0, inside: steps) }))
            if index != .none { anchorCount = steps.count }
            last = element
        }
        guard let last else { return nil }
        guard last.types.count == 1 else {
            let base = last.name.hasSuffix("[x]") ? String(last.name.dropLast(3)) : last.name
            mistake(
                "\(to.content) is a choice; write its type: "
                    + MapCompiler.names(of: base + "[x]", type, names.dropLast().joined(separator: ".")).joined(
                        separator: ", "))
            return nil
        }
        return (TargetPath(steps: steps, anchorCount: anchorCount, text: to.content), last)
    }

    private static func index(
        of piece: TargetPiece, _ element: R4Element, _ before: [TargetStep], _ compiler: MapCompiler,
        _ mistake: (String) -> Void
    ) -> TargetStep.Index? {
        let isExtension = piece.name == "extension" || piece.name == "modifierExtension"
        if isExtension != (piece.url != nil) {
            mistake(
                isExtension ? "write the extension's URL: extension(patient-religion)" : "only extension takes ( … )")
            return nil
        }
        switch piece.index {
        case "+" where element.isArray: return .append
        case let name? where element.isArray && !name.isEmpty:
            // Extensions are one list: those of different URLs never share an element.
            let slot = compiler.slot(piece.url.map { "(\($0))\(name)" } ?? name)
            return name.hasSuffix("!") ? .shared(slot) : .slot(slot)
        case .some:
            mistake("\(piece.name) is a single element; write it without [ ]")
            return nil
        case nil where isExtension: return .shared(compiler.slot("(" + (piece.url ?? "") + ")"))
        case nil where element.isArray:
            mistake("\(piece.name) is a list; write \(piece.name)[+] for a new element or \(piece.name)[a-name]")
            return nil
        case nil: return TargetStep.Index.none
        }
    }

    private static func url(_ text: String, inside steps: [TargetStep]) -> String {
        if text.contains(":") || steps.contains(where: { $0.url != nil }) { return text }
        return "http://hl7.org/fhir/StructureDefinition/" + text
    }

    private func checkSet(_ target: TargetPath) {
        guard let set = row.set else { return }
        guard let object = set.content.object else {
            mistake("set needs the members to write, { type: [ … ] }", at: set.place)
            return
        }
        let anchor = target.steps[..<target.anchorCount].map(\.key).joined(separator: ".")
        ConstantCheck(compiler.mistakes, set.place).check(members: object, context.target, anchor)
    }

    // MARK: Output

    private func output(_ element: R4Element, _ table: TablePlan?) -> Output? {
        let type = element.types[0]
        if let ref = row.ref {
            guard type == "Reference" else {
                mistake("ref writes a Reference, and \(element.name) is a \(type)")
                return nil
            }
            return ref.content == "*" ? .everything : .reference(ref.content)
        }
        if let value = row.value { return constant(value, element, type) }
        if let make = row.make { return self.make(make, element, type) }
        guard let conversion = row.conversion else {
            return Self.native(named: type, type)
                ?? {
                    mistake("\(element.name) is a \(type); write as: and the datatype map that makes one")
                    return nil
                }()
        }
        if let native = Self.native(named: conversion.content, type) { return native }
        if Conversion(rawValue: conversion.content) != nil {
            mistake("\(element.name) is a \(type), which as: \(conversion.content) does not make", at: conversion.place)
            return nil
        }
        return datatype(conversion, element, type)
    }

    private static func native(named name: String, _ type: String) -> Output? {
        guard let conversion = Conversion(rawValue: name), conversion.fits(type) else { return nil }
        return .native(conversion)
    }

    private func datatype(_ name: Placed<String>, _ element: R4Element, _ type: String) -> Output? {
        guard let index = compiler.indices[name.content], let map = compiler.declarations.datatypes[name.content] else {
            mistake("there is no datatype map \(name.content)", at: name.place)
            return nil
        }
        let target = map.target.content
        let kinds = ["Age", "Count", "Distance", "Duration", "SimpleQuantity", "MoneyQuantity"]
        let path = (row.to.flatMap { TargetPiece.pieces(of: $0.content) } ?? []).map(\.name).joined(separator: ".")
        guard target == type || target == "Quantity" && kinds.contains(type) || target == context.target + "." + path
        else {
            mistake("\(element.name) is a \(type), and \(name.content) makes a \(target)", at: name.place)
            return nil
        }
        return .datatype(index)
    }

    private func make(_ make: Placed<String>, _ element: R4Element, _ type: String) -> Output? {
        // A Binary has no element that refers to it: attachments name its address.
        let isAddress = type == "url" && make.content == "Binary"
        guard type == "Reference" || isAddress else {
            mistake("make writes a Reference, and \(element.name) is a \(type)", at: make.place)
            return nil
        }
        guard isAddress || element.allows(target: make.content) else {
            mistake(
                "\(element.name) does not refer to \(make.content), only to \(element.targets.joined(separator: ", "))",
                at: make.place)
            return nil
        }
        guard let with = row.with, let index = compiler.indices[with.content],
            let map = compiler.declarations.datatypes[with.content]
        else {
            mistake("make needs with: a datatype map that makes a \(make.content)", at: row.with?.place)
            return nil
        }
        guard map.target.content == make.content else {
            mistake("\(with.content) makes a \(map.target.content), not a \(make.content)", at: with.place)
            return nil
        }
        return .make(index, isAddress: isAddress)
    }

    private func constant(_ value: Placed<JSONValue>, _ element: R4Element, _ type: String) -> Output? {
        if let text = value.content.string, text.hasPrefix("$") {
            guard let variable = Variable(rawValue: text), let conversion = Conversion(rawValue: type) else {
                let names = Variable.allCases.map(\.rawValue).joined(separator: ", ")
                mistake("\(text) is not one of \(names)", at: value.place)
                return nil
            }
            return .variable(variable, conversion)
        }
        let names = row.to.flatMap { TargetPiece.pieces(of: $0.content) } ?? []
        let path = names.map(\.name).joined(separator: ".")
        let wrapped = element.isArray ? JSONValue.array([value.content]) : value.content
        ConstantCheck(compiler.mistakes, value.place).check(wrapped, context.target, path)
        return .constant(value.content)
    }

    // MARK: Codes

    private func table(_ name: Placed<String>?) -> TablePlan? {
        guard let name else { return nil }
        guard let table = compiler.tables[name.content] else {
            mistake("there is no table \(name.content); add tables/\(name.content).yaml", at: name.place)
            return nil
        }
        if table.hasSeveralInputs, table.inputCount != row.from.count {
            mistake("table \(name.content) has \(table.inputCount) inputs; write as many paths in from", at: name.place)
        }
        return table
    }

    private func check(_ table: TablePlan?, _ element: R4Element, _ output: Output) {
        guard case .native(let conversion) = output, conversion == .code || conversion.isComplex,
            let binding = element.binding
        else { return }
        guard let table, let name = row.table else {
            if row.table == nil {
                mistake("\(element.name) takes only codes of \(binding.name); write table: to translate them")
            }
            return
        }
        for code in table.allCodes where !binding.contains(code.code) {
            let place = compiler.declarations.tables[name.content]?.place ?? name.place
            compiler.mistakes.add(
                place,
                "code \(code.code) is none of \(binding.name), for which row \(row.id) of \(context.name) uses it")
        }
    }

    private func onUnmapped(_ element: R4Element) -> String? {
        guard let text = row.onUnmapped, text.content != "omit" else { return nil }
        if row.table == nil { mistake("onUnmapped needs a table", at: text.place) }
        if let binding = element.binding, !binding.contains(text.content) {
            mistake("onUnmapped: \(text.content) is not a code of \(binding.name)", at: text.place)
        }
        return text.content
    }

    private func isNeeded(_ output: Output) -> Bool {
        guard row.isNeeded else { return false }
        if case .native(.instant) = output { return true }
        mistake("needed is for rows that fill an instant, which has no value without a time zone")
        return false
    }

    private func pick() -> [Guard?] {
        row.pick.compactMap { rule -> Guard?? in
            rule.content == "first" ? .some(nil) : compiler.compile(condition: rule, context).map { .some($0) }
        }
    }

    private func otherwise(_ sources: [SourcePath]) -> RowPlan? {
        guard let other = row.otherwise else { return nil }
        var row = row
        row.to = Placed(content: other.to, place: other.place)
        row.conversion = other.conversion.map { Placed(content: $0, place: other.place) }
        row.table = other.table.map { Placed(content: $0, place: other.place) }
        (row.otherwise, row.onUnmapped, row.make, row.with, row.when, row.pick) = (nil, nil, nil, nil, nil, [])
        return RowCompiler(compiler, context, row).compiled()
    }
}
