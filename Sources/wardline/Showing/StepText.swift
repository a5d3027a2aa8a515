internal import Console

/// A step of the routing log as one line.
///
///     10:15:00.123  #41802  received   accepted   general-hospital  ADT^A01  GHH1
///     10:15:00.131  #41802  routed     queued     admissions → lakeside-clinic.inbox
///     10:15:00.140  #41802  delivery   delivered  lakeside-clinic.inbox  9 ms  AA
struct StepText {
    let isColoured: Bool
    /// With the day: for traces, which may be old.
    var hasDay = false

    func line(_ step: AdminAPI.Step) -> String {
        let time = hasDay ? step.at : String(step.at.dropFirst(11).dropLast())
        var parts = [
            time, (step.seq.map { "#\($0)" } ?? "").padded(to: 8), step.step.padded(to: 8),
            coloured(step.state.padded(to: 10), step.state),
        ]
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
        return parts.joined(separator: "  ")
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
