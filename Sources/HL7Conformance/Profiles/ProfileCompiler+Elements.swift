import HL7

/// Checks and compiles what is said of single elements.
extension ProfileCompiler {
    mutating func check(_ elements: [Element], in maps: [StructureMap]) {
        for element in elements {
            guard let path = ElementPath(element.path) else {
                mistake(
                    "\"\(element.path)\" is not an element; write a segment, field or component, as PV1, PID-3.4.1 or "
                        + "SPECIMEN.OBX-5",
                    element.origin)
                continue
            }
            guard checkType(element), check(path, in: maps, element.origin), checkKeys(element, path) else { continue }
            checkUsage(element, path)
            checkLength(element)
            checkValues(element, path)
            check(element.condition, element.origin)
        }
    }

    /// Keys that have no meaning at the level of an element.
    private mutating func checkKeys(_ element: Element, _ path: ElementPath) -> Bool {
        var wrong: [(key: String, reason: String)] = []
        if path.field == 0 {
            let valueKeys: [(String, Bool)] = [
                ("length", element.length != nil), ("conformanceLength", element.conformanceLength != nil),
                ("value", element.constant != nil), ("values", element.values != nil),
            ]
            for (key, isThere) in valueKeys where isThere { wrong.append((key, "is for fields and their parts")) }
        }
        if path.component > 0, element.cardinality != nil {
            wrong.append(("cardinality", "is for groups, segments and fields; a component does not repeat"))
        }
        if !path.isField, element.type != nil { wrong.append(("type", "is for fields")) }
        for (key, reason) in wrong {
            mistake("\(key) of \(element.path) \(reason); delete the key", element.origin)
        }
        return wrong.isEmpty
    }

    private mutating func checkType(_ element: Element) -> Bool {
        guard let type = element.type, version.dataType(type) == nil else { return true }
        mistake("\(source.version) has no data type \(type); write one that it has, as ST or CWE", element.origin)
        return false
    }

    private mutating func checkUsage(_ element: Element, _ path: ElementPath) {
        let name = element.path
        if let usage = element.usage {
            if usage.isConditional, element.condition == nil {
                mistake("usage \(usage) of \(name) needs a condition; write when: PV1-2 = \"I\"", element.origin)
            } else if !usage.isConditional, element.condition != nil {
                mistake(
                    "usage \(usage) of \(name) has no condition; write C(\(usage)/O) or delete when:", element.origin)
            }
        } else if element.condition != nil {
            mistake("when: of \(name) belongs to a usage; write usage: C(R/O)", element.origin)
        }
        guard let cardinality = element.cardinality else { return }
        if let maximum = cardinality.maximum, maximum < cardinality.minimum {
            mistake(
                "the minimum of \(name) is above its maximum; write \(maximum)..\(cardinality.minimum)", element.origin)
            return
        }
        guard let usage = element.usage else {
            if cardinality.maximum == 0 { mistake("\(name) never occurs; write usage: X", element.origin) }
            return
        }
        let most = cardinality.maximum.map(String.init) ?? "*"
        if usage == ProfileUsage(.notAllowed) {
            mistake("\(name) has usage X and never occurs; delete cardinality", element.origin)
        } else if cardinality.maximum == 0 {
            mistake("\(name) never occurs; write usage: X", element.origin)
        } else if usage == ProfileUsage(.required), cardinality.minimum == 0 {
            mistake("\(name) is required and so occurs at least once; write cardinality: 1..\(most)", element.origin)
        } else if !usage.canBe(.required), cardinality.minimum > 0 {
            mistake(
                "\(name) has usage \(usage) and so need not occur; write cardinality: 0..\(most) or usage: R",
                element.origin)
        }
    }

    private mutating func checkLength(_ element: Element) {
        guard let length = element.length else { return }
        if let maximum = length.maximum, maximum < length.minimum {
            mistake(
                "the shortest length of \(element.path) is above the longest; write \(maximum)..\(length.minimum)",
                element.origin)
        } else if length.maximum == 0 {
            mistake("a value of \(element.path) has at least one character; write usage: X", element.origin)
        }
    }

    private mutating func checkValues(_ element: Element, _ path: ElementPath) {
        guard element.constant != nil || element.values != nil else { return }
        if element.constant != nil, element.values != nil {
            mistake("\(element.path) has value and values; keep one of them", element.origin)
        }
        let format = format(at: path)
        let isWhole = format.hasComponents && path.subcomponent == 0
        if element.constant != nil, isWhole {
            let part = path.component == 0 ? "\(path.text).1" : path.text + ".1"
            mistake("\(element.path) has parts; write the value of one of them, as \(part)", element.origin)
        } else if isWhole, !(format == .coded && path.isField) {
            mistake("\(element.path) has parts; write the values of one of them, as \(path.text).1", element.origin)
        }
        if let name = element.values { _ = codes(named: name, element.origin) }
    }

    // MARK: Compiling

    func compiled(_ element: Element, _ path: ElementPath) -> ElementPlan {
        let name = name(of: path)
        var plan = ElementPlan(label: name.isEmpty ? path.text : "\(path.text) (\(name))")
        plan.usage = element.impliedUsage
        plan.condition = element.condition
        plan.cardinality = element.cardinality
        plan.length = element.length
        plan.conformanceLength = element.conformanceLength
        plan.constant = element.constant.map { ConstantPlan(text: $0, utf8: Array($0.utf8)) }
        plan.codes = element.values.flatMap { valueSets[$0] }
        plan.codes?.isCodedElement = path.isField && format(at: path) == .coded
        return plan
    }

    /// A value set of the profile, or a table of the version (`HL70001`), which is made a value set.
    mutating func codes(named name: String, _ origin: ProfileSource.Origin?) -> CodePlan? {
        if let known = valueSets[name] { return known }
        if name.hasPrefix("HL7") {
            guard let table = version.table(String(name.dropFirst(3))), table.count > 0, !table.isOpen else {
                mistake("\(source.version) has no table \(name) with all its codes; write a value set", origin)
                return nil
            }
            let title = table.name.isEmpty ? "" : " (\(table.name))"
            let plan = CodePlan(label: "one of table \(table.number)\(title)", codes: CodeSet(table.codes))
            valueSets[name] = plan
            return plan
        }
        let names = source.valueSets.filter { !$0.isInline }.map(\.name)
        let remedy =
            names.isEmpty ? "write it under valueSets:" : "write one of \(names.sorted().joined(separator: ", "))"
        mistake("there is no value set \(name); \(remedy)", origin)
        return nil
    }
}
