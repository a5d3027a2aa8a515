internal import HL7
internal import Yams

/// What an endpoint does with answers, and how fast and when it sends.
extension FolderReader {
    func actions(
        _ fields: YAMLFields
    ) -> (codes: [Acknowledgment.Code: AnswerAction], unanswered: [UnusableAnswer: AnswerAction]) {
        var codes: [Acknowledgment.Code: AnswerAction] = [:]
        var unanswered: [UnusableAnswer: AnswerAction] = [:]
        guard let node = fields.node("actions"),
            let answers = YAMLFields(node, fields.file, findings, what: "actions")
        else { return (codes, unanswered) }
        for key in answers.keys {
            if let code = Acknowledgment.Code(rawValue: key) {
                codes[code] = action(answers, key)
            } else if let answer = UnusableAnswer(rawValue: key) {
                unanswered[answer] = action(answers, key)
                if unanswered[answer] == .done {
                    answers.warning(
                        key,
                        "\(answer.meaning) counts as delivered, whether the message arrived or not; "
                            + "write retry or hold if the receiver can do better")
                }
            } else {
                answers.error(
                    key, "\(key) is not an answer; write AA, AE, AR, CA, CE, CR, none, garbage or other")
            }
        }
        return (codes, unanswered)
    }

    private func action(_ answers: YAMLFields, _ key: String) -> AnswerAction? {
        guard let node = answers.node(key) else { return nil }
        if node.mapping != nil {
            guard let retry = YAMLFields(node, answers.file, findings, what: key, keys: ["retry", "then"]) else {
                return nil
            }
            if let then = retry.text("then"), then != "hold" {
                retry.error("then", "then cannot be \"\(then)\"; write then: hold")
            }
            guard retry.required("retry", example: "5") != nil else { return nil }
            return retry.integer("retry", in: 1...1_000_000).map { .retryThenHold($0) }
        }
        switch answers.text(key) {
        case "done": return .done
        case "retry": return .retry
        case "hold": return .hold
        case nil: return nil
        case .some(let other):
            answers.error(
                key, "\(key) cannot lead to \"\(other)\"; write done, retry, hold or { retry: 5, then: hold }")
            return nil
        }
    }

    /// `rate`, `maxAge`, `breaker` and `pause`.
    func readPace(_ fields: YAMLFields, _ endpoint: inout Endpoint) {
        if let text = fields.text("rate") {
            if let rate = Double(text), (0.001...100_000).contains(rate) {
                endpoint.rate = rate
            } else {
                fields.error("rate", "rate cannot be \"\(text)\"; write messages a second, from 0.001 to 100000")
            }
        }
        endpoint.maxAge = fields.duration("maxAge")
        endpoint.breaker = fields.integer("breaker", in: 1...1_000) ?? endpoint.breaker
        if let pause = mapping(fields, "pause", keys: ["daily", "zone"]) { endpoint.pauseWindow = window(pause) }
    }

    private func window(_ pause: YAMLFields) -> DailyWindow? {
        let daily = pause.required("daily", example: "\"02:00-03:00\"")
        guard let name = pause.required("zone", example: "America/Chicago"), let daily else { return nil }
        guard let zone = NamedTimeZone(name) else {
            let near = Spelling.nearest(to: name, among: NamedTimeZone.names) ?? "a name as America/Chicago, or UTC"
            pause.error("zone", "there is no time zone \(name); write \(near)")
            return nil
        }
        guard let window = DailyWindow(daily, zone: zone) else {
            pause.error("daily", "daily cannot be \"\(daily)\"; write two times of day, as \"22:30-03:00\"")
            return nil
        }
        return window
    }
}

extension UnusableAnswer {
    fileprivate var meaning: String {
        switch self {
        case .none: "no answer"
        case .garbage: "an answer that is no acknowledgement"
        case .other: "an answer to another message"
        }
    }
}
