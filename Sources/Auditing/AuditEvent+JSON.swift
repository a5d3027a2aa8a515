extension AuditEvent {
    /// The stored form: one line of JSON without its line end, keys in a fixed order, absent ones left out.
    ///
    ///     {"n":7,"at":1700000000000000,"kind":"delivery.sent","actor":"broker","seq":3,
    ///      "provider":…,"listener":…,"endpoint":…,"route":…,"type":…,"controlId":…,
    ///      "patients":["0123456789abcdef"],"attempt":1,"ms":12,"text":"AA"}
    package func encoded() -> [UInt8] {
        var line = JSONLine()
        line.add("n", number)
        line.add("at", at)
        line.add("kind", kind.rawValue)
        line.add("actor", actor)
        line.add("seq", seq)
        line.add("provider", provider)
        line.add("listener", listener)
        line.add("endpoint", endpoint)
        line.add("route", route)
        line.add("type", type)
        line.add("controlId", controlId)
        line.add("patients", hexadecimal: patients)
        line.add("attempt", attempt.map(Int64.init))
        line.add("ms", milliseconds.map(Int64.init))
        line.add("text", text)
        return line.finished()
    }

    /// Reads the stored form. Unknown keys are skipped.
    ///
    /// - Throws: ``AuditError`` with code `unreadable` if a key is missing or has a value of the wrong kind.
    package init(decoding bytes: [UInt8]) throws(AuditError) {
        guard let members = JSONLineReader.object(in: bytes) else {
            throw AuditError(.unreadable, "the event is not one line of JSON")
        }
        func integer(_ key: String) -> Int64? {
            if case .integer(let value)? = members[key] { value } else { nil }
        }
        func string(_ key: String) -> String? {
            if case .string(let value)? = members[key] { value } else { nil }
        }
        guard let number = integer("n"), let at = integer("at"), let kind = string("kind"),
            let actor = string("actor")
        else { throw AuditError(.unreadable, "the event lacks one of n, at, kind, actor") }
        self.init(
            Kind(rawValue: kind), at: at, actor: actor, seq: integer("seq"), provider: string("provider"),
            listener: string("listener"), endpoint: string("endpoint"), route: string("route"),
            type: string("type"), controlId: string("controlId"), attempt: integer("attempt").map(Int.init),
            milliseconds: integer("ms").map(Int.init), text: string("text"))
        self.number = number
        if case .strings(let references)? = members["patients"] {
            patients = references.compactMap { UInt64($0, radix: 16) }
        }
    }
}
