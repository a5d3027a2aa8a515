internal import Console

/// A step of the routing log as one line; on a terminal it goes on under itself. Times are UTC.
///
///     10:15:00.123  #41802  received   accepted   general-hospital  ADT^A01  GHH1
///     10:15:00.131  #41802  routed     queued     admissions → lakeside-clinic.inbox
///     10:15:00.140  #41802  delivery   delivered  lakeside-clinic.inbox  9 ms  AA
struct StepText {
    let isColoured: Bool
    /// Columns of the terminal; nil: one line a step, however long.
    let width: Int?

    init(isColoured: Bool = Output.isColoured, width: Int? = Output.isTerminal ? Output.columns : nil) {
        self.isColoured = isColoured
        self.width = width
    }

    /// The steps of one message, which may be long ago: each day's below its date.
    func trace(_ steps: [AdminAPI.Step]) -> [String] {
        var day = ""
        return steps.flatMap { step in
            let own = String(step.at.prefix(10))
            defer { day = own }
            return (own == day ? [] : [TextStyle.bold.paint("\(own) (UTC)", isColoured)]) + [line(step)]
        }
    }

    func line(_ step: AdminAPI.Step) -> String {
        let time = step.at.dropFirst(11).dropLast()
        let seq = (step.seq.map { "#\($0)" } ?? "").padded(to: 8)
        let head = "\(time)  \(seq)  \(step.step.padded(to: 8))  "
        let start = head.columns + 12
        let rest = parts(step).joined(separator: "  ").visible
        let lines = width.map { rest.wrapped(to: max($0 - start, 20)) } ?? [rest]
        let margin = "\n" + String(repeating: " ", count: start)
        return head + coloured(step.state.padded(to: 10), step.state) + "  " + lines.joined(separator: margin)
    }

    private func parts(_ step: AdminAPI.Step) -> [String] {
        var parts: [String] = []
        if let route = step.route, !route.isEmpty, step.step == "routed" {
            parts.append("\(route) → \(step.endpoint ?? "")")
        } else if let endpoint = step.endpoint {
            parts.append(endpoint)
        }
        if step.endpoint == nil {
            parts += [step.provider, step.type, step.controlId].compactMap { $0 }.filter { !$0.isEmpty }
        }
        if let patient = step.patient { parts.append("patient \(patient)") }
        if let attempt = step.attempt, attempt > 1 { parts.append("attempt \(attempt)") }
        if let ms = step.ms { parts.append("\(ms) ms") }
        if let actor = step.actor { parts.append("by \(actor)") }
        if let text = step.text, !text.isEmpty { parts.append(text) }
        return parts
    }

    private func coloured(_ text: String, _ state: String) -> String {
        let style: TextStyle? =
            switch state {
            case "delivered", "accepted": .green
            case "refused", "held", "unrouted", "unreadable", "paused": .red
            case "retry", "duplicate", "skipped", "filtered": .yellow
            case "queued": .cyan
            default: nil
            }
        return style?.paint(text, isColoured) ?? text
    }
}
