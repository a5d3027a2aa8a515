import HL7
import Journaling
import MLLP
import Synchronization
import Testing

@testable import Broker

/// Intake without a network: frames in, replies out, on a journal that writes when it is told.
final class IntakeDesk: Sendable {
    let journal: GatedJournal
    let inbox = PipelineInbox()
    let intake: Intake
    let connection: ConnectionInfo
    let signal = Signal()
    /// Replies by frame, and what followed each.
    private let state = Mutex<(replies: [Int: Answer.Reply], following: [Int: [[UInt8]]], next: Int)>(([:], [:], 0))

    init(
        _ changes: [String: String] = [:], listener: String = "lab", isOpen: Bool = true,
        ask: @escaping @Sendable (PassedQuery) -> Void = { $0.completion(.unanswered("nobody is asked")) }
    ) throws {
        journal = GatedJournal(isOpen: isOpen)
        intake = Intake(
            journal: journal, configuration: try TestFolder.configuration(changes), inbox: inbox, fresh: FreshEntries(),
            events: Signal(),
            clock: .system, log: TestBroker.log, ask: ask)
        connection = ConnectionInfo(
            id: 1, listener: listener, peer: "10.0.0.1", peerPort: 1, isLoopback: false, localPort: 2)
        intake.connectionOpened(connection)
    }

    @discardableResult
    func receive(_ frame: Frame) -> Int {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        let answer = Answer(
            { reply in
                self.state.withLock { $0.replies[number] = reply }
                self.signal.fire()
            }, following: { more in self.state.withLock { $0.following[number, default: []] += more } })
        intake.received(frame, from: connection, answer: answer)
        return number
    }

    /// What was accepted since this was last asked.
    var accepted: [PipelineInbox.Item] { inbox.take(100) ?? inbox.take(100) ?? [] }

    func reply(to number: Int) -> Answer.Reply? { state.withLock { $0.replies[number] } }
    func following(_ number: Int) -> [[UInt8]] { state.withLock { $0.following[number] ?? [] } }

    func waitForReply(to number: Int) async throws -> Answer.Reply {
        try await holds("a reply to frame \(number)", on: signal) { reply(to: number) != nil }
        return try #require(reply(to: number))
    }

    func answers(to frame: Frame) throws -> [Message] {
        try #require(reply(to: receive(frame))).payloads.map { try Message(parsing: $0) }
    }
}

extension TestFolder {
    /// The hospital with more keys for its sender.
    static func sender(_ keys: String) -> [String: String] {
        [
            "providers/hospital.yaml": """
            provider: hospital
            sends:
              - { as: { application: HIS, facility: GH }, \(keys) }
            """
        ]
    }
}
