/// What a message says at a place (HL7 2.5.1 §2.5.3): nothing, an empty value (no change), the null
/// value `""` (delete what you hold), or a value.
public enum Presence: Hashable, Sendable {
    /// The segment, field, repetition or component is not in the message.
    case absent
    /// It is there and has no bytes: the sender makes no statement.
    case empty
    /// Exactly `""`: the receiver is asked to delete its value.
    case null
    /// It has a value.
    case value
}
