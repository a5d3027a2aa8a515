internal import HL7
internal import Yams

/// `edit:` of an endpoint: changes to the outgoing copy.
extension FolderReader {
    private static let changes = ["set", "copy", "translate", "remove"]

    func edits(_ fields: YAMLFields, ackMode: Endpoint.AckMode) -> [EditStep] {
        guard let node = fields.node("edit") else { return [] }
        return fields.elements(node).compactMap { element in
            guard
                let step = YAMLFields(element, fields.file, findings, what: "an edit", keys: Self.changes + ["when"])
            else { return nil }
            let present = Self.changes.filter(step.has)
            guard let kind = present.first, present.count == 1 else {
                findings.error(
                    step.place,
                    present.isEmpty
                        ? "an edit needs one of set, copy, translate, remove; write one"
                        : "\(present.joined(separator: " and ")) in one edit; write two, in the order they are to run")
                return nil
            }
            let condition = condition(step, "when")
            return change(kind, step, ackMode).map { EditStep($0, when: condition) }
        }
    }

    private func change(_ kind: String, _ step: YAMLFields, _ ackMode: Endpoint.AckMode) -> EditStep.Change? {
        switch kind {
        case "set":
            guard let node = step.node("set"),
                let values = YAMLFields(node, step.file, findings, what: "set")
            else { return nil }
            let assignments = values.keys.compactMap { key -> EditStep.Assignment? in
                guard let path = target(key, values.place(key), ackMode) else { return nil }
                return values.text(key).map { EditStep.Assignment(path: path, text: $0) }
            }
            return .set(assignments)
        case "copy":
            guard let copy = mapping(step, "copy", keys: ["from", "to"]) else { return nil }
            let from = copy.required("from", example: "PID-3[2]").flatMap { source($0, copy.place("from")) }
            let to = copy.required("to", example: "PID-3[1]").flatMap { target($0, copy.place("to"), ackMode) }
            guard let from, let to else { return nil }
            return .copy(from: from, to: to)
        case "translate":
            guard let translate = mapping(step, "translate", keys: ["path", "table"]) else { return nil }
            let path = translate.required("path", example: "PV1-2")
                .flatMap { target($0, translate.place("path"), ackMode) }
            guard let name = translate.required("table", example: "NAME") else { return nil }
            guard let table = tables[name] else {
                let remedy = Spelling.nearest(to: name, among: tables.keys).map { "write \($0)" }
                translate.error("table", "there is no tables/\(name).yaml; \(remedy ?? "write that file")")
                return nil
            }
            return path.map { .translate($0, table) }
        default:
            let paths = step.texts("remove") ?? []
            return .remove(paths.compactMap { removal($0.text, $0.place, ackMode) })
        }
    }

    // MARK: Paths

    private func path(_ text: String, _ place: Place, meansAll: Bool = false) -> Path? {
        do throws(PathError) {
            let path = try Path(text)
            PathAdvice.check(path, place, findings, meansAll: meansAll)
            return path
        } catch {
            findings.error(place, "\(error)")
            return nil
        }
    }

    private func source(_ text: String, _ place: Place) -> Path? {
        guard let path = path(text, place) else { return nil }
        if path.occurrence == .any || path.repetition == .any {
            findings.error(place, "copy takes one value; write a number instead of * in \(text)")
        }
        return path
    }

    /// A path that is written to.
    private func target(_ text: String, _ place: Place, _ ackMode: Endpoint.AckMode) -> Path? {
        guard let path = path(text, place) else { return nil }
        guard let field = path.field else {
            findings.error(place, "\(text) is a whole segment; write a field, as \(text)-1")
            return nil
        }
        if path.segment == "MSH" { checkHeader(field, place, ackMode) }
        return path
    }

    private func removal(_ text: String, _ place: Place, _ ackMode: Endpoint.AckMode) -> Path? {
        guard let path = path(text, place, meansAll: true) else { return nil }
        if path.segment == "MSH" {
            if let field = path.field {
                checkHeader(field, place, ackMode)
            } else {
                findings.error(place, "a message is nothing without MSH; write the fields to empty, as MSH-8")
            }
        }
        return path
    }

    private func checkHeader(_ field: Int, _ place: Place, _ ackMode: Endpoint.AckMode) {
        switch field {
        case 1, 2: findings.error(place, "MSH-\(field) names the delimiters, which stay as received; delete this edit")
        case 15, 16:
            if ackMode != .asSent {
                findings.error(
                    place,
                    "MSH-\(field) is what ackMode decides; write ackMode: asSent, or choose another ackMode "
                        + "and delete this edit")
            }
        case 18: findings.error(place, "MSH-18 is what charset decides; write charset: NAME and delete this edit")
        default: break
        }
    }

    // MARK: Conditions

    func condition(_ fields: YAMLFields, _ key: String) -> Condition? {
        guard let text = fields.text(key) else { return nil }
        do throws(ConditionError) {
            let condition = try Condition(text)
            PathAdvice.check(condition, fields.place(key), findings)
            return condition
        } catch {
            fields.error(key, "\(key): \(error)")
            return nil
        }
    }
}
