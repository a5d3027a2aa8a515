package import HL7
import Interfaces

/// What one route said about a message, and why.
package struct RouteExplanation: Hashable, Sendable {
    package var route: String
    /// Names of providers; nil: from anyone.
    package var from: [String]?
    /// Whether it names the sender.
    package var namesSender: Bool
    /// Whether its condition could hold for a message of this type.
    package var namesType: Bool
    /// nil: always.
    package var condition: ConditionExplanation?
    package var to: [String]
    /// Where queries go.
    package var reply: String?

    /// Whether it takes the message.
    package var takes: Bool { namesSender && condition?.holds ?? true }

    /// Why it takes the message or not, in a sentence with the values that decided.
    package var reason: String {
        guard namesSender else { return "it is only for messages from \((from ?? []).joined(separator: ", "))" }
        guard let condition else { return "it takes every message of this sender" }
        let tests = condition.deciding.map(\.finding).joined(separator: "; ")
        if condition.holds { return "its condition holds: \(tests)" }
        return namesType ? "its condition does not hold: \(tests)" : "it is for other types of messages: \(tests)"
    }
}

extension Router {
    /// What every route says about a message, in their order: what ``decide(_:provider:)`` decides by.
    package func explain(_ message: Message, provider: String?) -> [RouteExplanation] {
        configuration.routes.map { route in
            RouteExplanation(
                route: route.name, from: route.from, namesSender: route.names(provider),
                namesType: route.condition?.isPossible(on: message, knowing: Self.isMessageType) ?? true,
                condition: route.condition?.explain(on: message), to: route.to, reply: route.reply)
        }
    }
}

extension ConditionExplanation {
    /// A test with what it saw: `PV1-2 in ("I", "E") (PV1-2 is "O")`.
    package var finding: String {
        let seen = operands.map(\.finding).joined(separator: ", ")
        return seen.isEmpty ? text : "\(text) (\(seen))"
    }
}

extension ConditionExplanation.Operand {
    /// `PV1-2 is "O"`, `PID-3[*].5 is "MR", "PI"`, `PID-8 is empty`, `ZPI-1 is not there`.
    package var finding: String {
        guard values.isEmpty else {
            let more = count > values.count ? " and \(count - values.count) more" : ""
            return "\(text) is \(values.map { $0 == "\"\"" ? "null" : "\"\($0)\"" }.joined(separator: ", "))\(more)"
        }
        return presence == .absent ? "\(text) is not there" : "\(text) is \(presence)"
    }
}
