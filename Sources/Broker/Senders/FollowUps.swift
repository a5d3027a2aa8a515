import HL7
import Synchronization

/// The messages of one connection whose application acknowledgement may still come on it, after the commit answer.
final class FollowUps: Sendable {
    private struct State {
        var ids: Set<[UInt8]> = []
        /// In the order in which they were sent.
        var order: [[UInt8]] = []
    }

    /// Messages that are waited for at a time; a receiver that acknowledges elsewhere must not fill the memory.
    private static let idsMax = 1_000
    private let state = Mutex(State())

    func expect(_ controlID: [UInt8]) {
        state.withLock { state in
            guard state.ids.insert(controlID).inserted else { return }
            state.order.append(controlID)
            // Forgotten in large steps, so that each costs little.
            guard state.order.count >= 2 * Self.idsMax else { return }
            for id in state.order.prefix(Self.idsMax) { state.ids.remove(id) }
            state.order.removeFirst(Self.idsMax)
        }
    }

    /// Whether bytes are the application acknowledgement of an earlier message than the current one.
    func isFollowUp(_ bytes: [UInt8], current: [UInt8]) -> Bool {
        guard state.withLock({ !$0.ids.isEmpty }), let id = Self.acknowledged(by: bytes), id != current else {
            return false
        }
        return state.withLock { $0.ids.contains(id) }
    }

    /// Takes one that was waited for; false if it was not.
    func take(_ bytes: [UInt8]) -> Bool {
        Self.acknowledged(by: bytes).map(forget) ?? false
    }

    /// - Returns: whether it was waited for.
    @discardableResult
    func forget(_ controlID: [UInt8]) -> Bool {
        state.withLock { state in
            guard state.ids.remove(controlID) != nil else { return false }
            state.order.removeAll { $0 == controlID }
            return true
        }
    }

    /// MSA-2 of an application acknowledgement; nil for anything else.
    private static func acknowledged(by bytes: [UInt8]) -> [UInt8]? {
        // What cannot be read acknowledges nothing.
        guard let message = try? Message(parsing: bytes),
            case .code(let code, _)? = DeliveryAnswer(of: message), [.aa, .ae, .ar].contains(code)
        else { return nil }
        return Array(message.answeredControlID)
    }
}
