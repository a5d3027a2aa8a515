import HL7
import HL7Conformance
import Interfaces
import Synchronization

/// The sender of messages as intake treats it.
final class IntakeSender: Sendable {
    /// nil: no provider claims it, or not rightly.
    let provider: String?
    let rule: SenderRule
    let validator: Validator
    /// Why nothing is taken from it; the text names no patient.
    let refusal: String?
    /// It claims to be a provider that it did not prove to be.
    let isMismatch: Bool

    init(provider: String?, rule: SenderRule, validator: Validator) {
        self.provider = provider
        self.rule = rule
        refusal = nil
        isMismatch = false
        self.validator = validator
    }

    init(refusedBecause refusal: String, isMismatch: Bool = false) {
        provider = nil
        rule = .anyone
        validator = Validator()
        self.refusal = refusal
        self.isMismatch = isMismatch
    }
}

/// The senders met on one connection, by the bytes of MSH-1 to MSH-4, so that each is looked for once.
///
/// Listener and certificate are those of the connection; another judge, which has another configuration, empties it.
final class SenderCache: Sendable {
    private struct State {
        /// Kept, so that no other can have its place in memory.
        var judge: IntakeJudge?
        var senders: [[UInt8]: IntakeSender] = [:]
    }

    /// Senders remembered; an interface engine may send for many.
    private static let sendersMax = 64
    /// Longer headers than this are no names.
    private static let keyBytesMax = 512
    private let state = Mutex(State())

    func sender(
        of message: Message, for judge: IntakeJudge, _ find: () -> IntakeSender
    ) -> IntakeSender {
        let header = message[position: 0]
        let bytes = message.indexedBytes
        let end = header.field(4)?.range.upperBound ?? header.range.upperBound
        let key = Array(bytes[header.range.lowerBound..<end])
        // Bytes over 0x7F mean different characters in different character sets.
        guard key.count <= Self.keyBytesMax, key.allSatisfy({ $0 < 0x80 }) else { return find() }
        let known = state.withLock { state -> IntakeSender? in
            guard state.judge === judge else {
                state.judge = judge
                state.senders.removeAll()
                return nil
            }
            return state.senders[key]
        }
        if let known { return known }
        let sender = find()
        state.withLock { state in
            guard state.judge === judge else { return }
            if state.senders.count >= Self.sendersMax { state.senders.removeAll() }
            state.senders[key] = sender
        }
        return sender
    }
}
