internal import Console
internal import FHIR

/// What differs between a message and the copy for an endpoint, as text and as JSON.
struct DifferenceText {
    let difference: AdminAPI.Difference

    /// One object a place.
    var json: [JSONObject] {
        difference.changes.map { change in
            var object: JSONObject = [
                "seq": .number(JSONNumber(Int(difference.seq))), "endpoint": .string(difference.endpoint),
                "location": .string(change.location), "name": .string(change.name),
            ]
            if let received = change.received { object["received"] = .string(received) }
            if let sent = change.sent { object["sent"] = .string(sent) }
            if let elements = change.elements {
                object["elements"] = .array(elements.map(JSONValue.string))
            }
            if change.lost == true { object["lost"] = true }
            return object
        }
    }

    func lines(width: Int, isColoured: Bool) -> [String] {
        let heading = "#\(difference.seq) \(origin) \(difference.endpoint): \(summary)"
        var lines = heading.wrapped(to: width)
        if difference.asSent == false {
            lines +=
                "What was sent has another SHA-256: maps or tables of the program have changed since."
                .wrapped(
                    to: width)
        }
        return lines
            + difference.changes.flatMap { Self.lines($0, width: width, isColoured: isColoured) }
    }

    private var origin: String {
        switch difference.origin {
        case "kept": "as sent to"
        case "rebuilt": "as sent (made again) to"
        default: "as it would be sent to"
        }
    }

    private var summary: String {
        if let problem = difference.problem { return problem }
        if difference.unchanged { return "byte for byte as received" }
        let count = difference.changes.count
        if difference.form == "fhir" {
            let lost = difference.changes.count { $0.lost == true }
            return "\(count) values, \(lost) of them lost"
        }
        if count == 0 { return "the same values, other bytes (line ends, character set or escapes)" }
        return "\(count) place\(count == 1 ? "" : "s") differ\(count == 1 ? "s" : "")"
    }

    static func lines(
        _ change: AdminAPI.Difference.Change, width: Int, isColoured: Bool
    ) -> [String] {
        func side(_ mark: String, _ value: String?, _ style: TextStyle) -> [String] {
            guard let value else { return [] }
            return value.visible.wrapped(to: width - 8).enumerated().map { number, line in
                "    " + style.paint((number == 0 ? mark : " ") + " " + line, isColoured)
            }
        }
        let heading = change.name.isEmpty ? change.location : "\(change.location)  \(change.name)"
        if let elements = change.elements {
            return ["", "  " + heading.visible] + side("=", change.received, .bold)
                + elements.flatMap { side(">", $0, .green) }
        }
        let isLost = change.lost == true
        return ["", "  " + heading.visible + (isLost ? "  lost" : "")]
            + side("-", change.received, .red)
            + side("+", change.sent, .green)
    }
}
