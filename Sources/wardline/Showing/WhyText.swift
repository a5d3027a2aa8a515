internal import Console

/// What each route said about a message, for people.
///
///     #17 ADT^A01 from general-hospital: accepted, routed
///
///     admissions  takes it  -> lakeside-clinic.inbox
///       yes  from general-hospital
///       yes  all of
///              yes  MSH-9.1 = "ADT"
///                   MSH-9.1 is "ADT"
///              yes  PV1-2 in ("I", "E")
///                   PV1-2 is "I"
struct WhyText {
    var isColoured = Output.isColoured
    var width = Output.columns

    func lines(_ why: AdminAPI.Why) -> [String] {
        let sender = why.provider ?? "an unknown sender"
        var lines = wrapped("#\(why.seq) \(why.type) from \(sender): \(why.disposition), \(why.routing)", 0, .bold)
        let hash = why.configuration.prefix(12)
        lines += wrapped(
            why.ofTheTime
                ? "by the configuration \(hash) that routed it"
                : "by the configuration \(hash) of now; the one that routed it can no longer be read", 0, .dim)
        if let exemption = why.exemption { lines += wrapped("\(exemption)", 0, .yellow) }
        if let not = why.not { lines += answer(not) }
        if why.routes.isEmpty { lines += ["", "there are no routes"] }
        for route in why.routes where why.not.map({ leads(route, to: $0.endpoint) }) ?? true {
            lines += self.route(route)
        }
        return lines
    }

    private func leads(_ route: AdminAPI.WhyRoute, to endpoint: String) -> Bool {
        route.to.contains(endpoint) || route.reply == endpoint
    }

    private func answer(_ not: AdminAPI.WhyNot) -> [String] {
        let title = not.answer == "went" ? "\(not.endpoint)" : "not to \(not.endpoint)"
        return ["", TextStyle.bold.paint(title.visible, isColoured)]
            + not.text.split(separator: "\n").flatMap { wrapped(String($0), 2, nil) }
    }

    private func route(_ route: AdminAPI.WhyRoute) -> [String] {
        let verdict = route.takes ? "takes it" : "does not take it"
        let targets = (route.to + (route.reply.map { ["\($0) (queries)"] } ?? [])).joined(separator: ", ")
        var lines = ["", TextStyle.bold.paint(route.route, isColoured) + "  " + mark(route.takes, verdict)]
        lines += wrapped("to \(targets)", 2, .dim)
        lines += test(route.namesSender, "from \(route.from?.joined(separator: ", ") ?? "anyone")", 2)
        if let condition = route.condition { lines += part(condition, 2) } else { lines += test(true, "always", 2) }
        return lines
    }

    private func part(_ part: AdminAPI.WhyCondition, _ margin: Int) -> [String] {
        // Deeper than this a terminal has no room; the texts still say how it is nested.
        let inner = min(margin + 5, width / 2)
        switch part.form {
        case "test": return test(part.holds, part.text, margin) + (part.saw ?? []).flatMap { saw($0, margin + 5) }
        case "not": return test(part.holds, "not", margin) + (part.parts ?? []).flatMap { self.part($0, inner) }
        default:
            return test(part.holds, part.form == "all" ? "all of" : "any of", margin)
                + (part.parts ?? []).flatMap { self.part($0, inner) }
        }
    }

    private func test(_ holds: Bool, _ text: String, _ margin: Int) -> [String] {
        let lines = text.visible.wrapped(to: max(width - margin - 5, 20))
        return lines.enumerated().map { number, line in
            String(repeating: " ", count: margin)
                + (number == 0 ? mark(holds, holds ? "yes" : "no ") : "   ") + "  " + line
        }
    }

    private func saw(_ value: AdminAPI.WhyValue, _ margin: Int) -> [String] {
        let texts = value.values.map { $0 == "\"\"" ? "null" : "\"\($0)\"" }
        let more = value.count > texts.count ? " and \(value.count - texts.count) more" : ""
        let seen =
            texts.isEmpty
            ? (value.presence == "absent" ? "not there" : value.presence) : texts.joined(separator: ", ") + more
        return wrapped("\(value.path) is \(seen)", margin, .dim)
    }

    private func mark(_ holds: Bool, _ text: String) -> String {
        (holds ? TextStyle.green : .red).paint(text, isColoured)
    }

    private func wrapped(_ text: String, _ margin: Int, _ style: TextStyle?) -> [String] {
        text.visible.wrapped(to: max(width - margin, 20)).map { line in
            String(repeating: " ", count: margin) + (style?.paint(line, isColoured) ?? line)
        }
    }
}
