import HL7
import Interfaces
import MLLP

/// Sends HL7 v2 over MLLP, one message in flight.
///
/// An answer counts only if its MSA-2 is this message's MSH-10. After a time-out or an answer that cannot be used the
/// connection is closed before anything else is sent, so that a late answer is never credited to another message.
/// Of several addresses the first that can be reached is used; a message goes to one at a time, and to the next only if it
/// was not sent at all. Application acknowledgements that come after the commit answer, on the same connection, are told
/// apart and reported.
final class MLLPSender: Sender {
    let endpoint: Endpoint
    private let shared: SharedSending
    /// One for each address.
    private let clients: [MLLPClient]
    private let followUps: FollowUps
    let batchMax = 1

    /// - Parameter onAcknowledgment: told about each application acknowledgement of a message that was commit accepted
    ///   here; called on an event loop.
    /// - Throws: ``TLSError`` if a certificate or key cannot be used. Blocks while it reads them.
    init(
        _ endpoint: Endpoint, _ shared: SharedSending, tls: TLSClientSettings?, eventLoops: EventLoops = .shared,
        onAcknowledgment: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) throws(TLSError) {
        self.endpoint = endpoint
        self.shared = shared
        let followUps = FollowUps()
        self.followUps = followUps
        var secrets: ClientSecrets?
        if let tls {
            secrets = try ClientSecrets(
                ClientTLS(
                    authorityFile: tls.authorities, certificateFile: tls.certificate, keyFile: tls.key,
                    serverName: tls.serverName))
        }
        clients = shared.addresses.map { [secrets] address in
            MLLPClient(
                host: address.host, port: address.port, tls: secrets, connectTimeout: endpoint.connectTimeout,
                eventLoops: eventLoops
            ) { frame in
                if case .message(let bytes) = frame, followUps.take(bytes) { onAcknowledgment(bytes) }
            }
        }
    }

    func send(_ messages: [OutgoingMessage]) async -> [SendOutcome] {
        var outcomes: [SendOutcome] = []
        for message in messages { outcomes.append(await send(message)) }
        return outcomes
    }

    func close() async { for client in clients { client.close() } }

    /// Does something with the connection to the address in use, and with the next one if that cannot be reached.
    private func withClient<Value>(
        _ body: (MLLPClient) async throws(MLLPClientError) -> Value
    ) async throws(MLLPClientError) -> Value {
        var failure = MLLPClientError(.connectFailed, "no address")
        for index in shared.order {
            // Never two at once.
            for (other, client) in clients.enumerated() where other != index && client.isConnected { client.close() }
            do throws(MLLPClientError) {
                let value = try await body(clients[index])
                shared.reached(index)
                return value
            } catch {
                guard error.code == .connectFailed || error.code == .tlsFailed else {
                    shared.reached(index)
                    throw error
                }
                failure = error
            }
        }
        throw failure
    }

    private func send(_ message: OutgoingMessage) async -> SendOutcome {
        let payload: [UInt8]
        do throws(MLLPClientError) {
            // The answer of an earlier message with the same control id may still come: it is not this one's.
            if followUps.forget(message.controlID) { await close() }
            if message.isUnanswered {
                try await withClient { client throws(MLLPClientError) in
                    try await client.send(message.bytes, timeout: endpoint.ackTimeout)
                }
                return SendOutcome(.done, result: "sent")
            }
            // Before it is sent: the commit answer and the application acknowledgement may come at once.
            if message.asksForApplicationAnswer { followUps.expect(message.controlID) }
            let followUps = followUps
            payload = try await withClient { client throws(MLLPClientError) in
                try await client.exchange(message.bytes, timeout: endpoint.ackTimeout) {
                    !followUps.isFollowUp($0, current: message.controlID)
                }
            }
        } catch {
            return outcome(of: error)
        }
        let answer = DeliveryAnswer(reading: payload, controlID: message.controlID)
        if !answer.leavesConnectionUsable { await close() }
        if case .code(.ca, _) = answer {} else { followUps.forget(message.controlID) }
        return outcome(of: answer, result: answer.name, text: answer.explanation, answer: payload)
    }

    private func outcome(
        of answer: DeliveryAnswer, result: String, text: String?, answer payload: [UInt8]? = nil
    ) -> SendOutcome {
        let decision: SendOutcome.Decision =
            switch answer.action(at: endpoint) {
            case .done: .done
            case .retry: .retry(after: nil)
            case .hold: .hold
            case .retryThenHold(let times): .retryThenHold(times)
            }
        var outcome = SendOutcome(decision, result: result, text: text, answer: payload)
        outcome.alike = answer.alike
        return outcome
    }

    private func outcome(of error: MLLPClientError) -> SendOutcome {
        switch error.code {
        case .unframeable: SendOutcome(.hold, result: "not sent", text: error.text)
        case .timedOut, .closed: outcome(of: .none, result: error.code.words, text: error.text)
        case .overlong, .brokenFrame: outcome(of: .garbage, result: error.code.words, text: error.text)
        case .connectFailed, .tlsFailed:
            SendOutcome(.retry(after: nil), result: error.code.words, text: error.text, isUnreached: true)
        case .cancelled, .busy: SendOutcome(.retry(after: nil), result: error.code.words, text: error.text)
        }
    }
}

extension MLLPClientError.Code {
    /// What operators read in the routing log and in queues.
    fileprivate var words: String {
        switch self {
        case .connectFailed: "not connected"
        case .tlsFailed: "no TLS"
        case .timedOut: "no answer"
        case .cancelled: "cancelled"
        case .closed: "connection closed"
        case .busy: "connection busy"
        case .overlong: "answer too long"
        case .brokenFrame: "answer broken off"
        case .unframeable: "not sent"
        }
    }
}

// MARK: Questions

extension MLLPSender {
    /// Sends a query and returns what the receiver says to it: the bytes of its response, unchanged. A commit accept
    /// before it is passed over.
    ///
    /// - Throws: ``QueryFailure`` without patient data; the connection is then closed.
    func ask(_ query: OutgoingMessage, timeout: Duration) async throws(QueryFailure) -> [UInt8] {
        let payload: [UInt8]
        do throws(MLLPClientError) {
            payload = try await withClient { client throws(MLLPClientError) in
                try await client.exchange(query.bytes, timeout: timeout) {
                    if case .code(.ca, _) = DeliveryAnswer(reading: $0, controlID: query.controlID) {
                        false
                    } else {
                        true
                    }
                }
            }
        } catch {
            throw QueryFailure(error.code == .timedOut ? "the receiver did not answer in time" : error.text)
        }
        let answer = DeliveryAnswer(reading: payload, controlID: query.controlID)
        switch answer {
        case .code(.aa, _), .code(.ae, _), .code(.ar, _): return payload
        case .code: throw QueryFailure("the receiver answered \(answer.text)")
        case .none, .garbage, .otherMessage:
            await close()
            throw QueryFailure("the receiver's answer was no answer to the query: \(answer.name)")
        }
    }
}

/// Why a query was not answered. No patient data.
struct QueryFailure: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
