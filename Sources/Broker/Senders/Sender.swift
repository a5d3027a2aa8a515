package import FHIR
import HL7
package import Interfaces
import Journaling

/// Brings outgoing messages to one endpoint.
///
/// Never throws: whatever goes wrong is an outcome, and the outcome says what to do next. A sender may be asked to send
/// the same message twice; the receiver recognises it by its control id, resource ids or file name.
protocol Sender: Sendable {
    /// How many messages one call may take; they belong to different lanes.
    var batchMax: Int { get }
    /// The outcomes, in the order of the messages.
    func send(_ messages: [OutgoingMessage]) async -> [SendOutcome]
    /// Lets go of connections.
    func close() async
}

/// A message as it is to leave, with what identifies it to the receiver.
package struct OutgoingMessage: Sendable {
    package var seq: Int64
    package var bytes: [UInt8]
    /// MSH-10 as sent.
    package var controlID: [UInt8]
    /// No answer is waited for.
    package var isUnanswered = false
    /// MSH-16 asks for an application acknowledgement after the commit answer.
    package var asksForApplicationAnswer = false
    /// How many entries a FHIR response must have.
    package var bundleEntries = 0
    /// Values of the message that were mapped, and those of them that went nowhere.
    package var leaves = 0
    package var lost = 0
    /// A second FHIR bundle, for a receiver that has accepted the first.
    package var changes: FHIRBundle?
}

/// What came of one attempt.
package struct SendOutcome: Sendable {
    package enum Decision: Sendable {
        case done
        /// Try again; not before the receiver's own wish, if it gave one.
        case retry(after: Duration?)
        case retryThenHold(Int)
        case hold
        /// Nothing more can be sent to this endpoint until a person has looked (401, 403).
        case pauseEndpoint
    }
    package var decision: Decision
    /// `AA`, `no answer`, `HTTP 503`.
    package var result: String
    /// More about it, for people; no patient data.
    package var text: String?
    package var answer: [UInt8]?
    /// It never got as far as the receiver, so no other message would.
    package var isUnreached = false
    /// Results that a budget of tries counts together with this one.
    package var alike: Set<String> = []
    /// What was sent, if not just the message's bytes.
    package var sent: [UInt8]?

    init(
        _ decision: Decision, result: String, text: String? = nil, answer: [UInt8]? = nil, isUnreached: Bool = false
    ) {
        self.decision = decision
        self.result = result
        self.text = text
        self.answer = answer
        self.isUnreached = isUnreached
    }
}
