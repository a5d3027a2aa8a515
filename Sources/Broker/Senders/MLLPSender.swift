import HL7
import Interfaces
import MLLP

/// Sends HL7 v2 over MLLP, one message in flight.
///
/// An answer counts only if its MSA-2 is this message's MSH-10. After a time-out or an answer that cannot be used the
/// connection is closed before anything else is sent, so that a late answer is never credited to another message.
final class MLLPSender: Sender {
    private let endpoint: Endpoint
    private let client: MLLPClient
    let batchMax = 1

    /// - Throws: ``TLSError`` if a certificate or key cannot be used. Blocks while it reads them.
    init(_ endpoint: Endpoint, host: String, port: Int, tls: TLSClientSettings?) throws(TLSError) {
        self.endpoint = endpoint
        var secrets: ClientSecrets?
        if let tls {
            secrets = try ClientSecrets(
                ClientTLS(
                    authorityFile: tls.authorities, certificateFile: tls.certificate, keyFile: tls.key,
                    serverName: tls.serverName))
        }
        client = MLLPClient(host: host, port: port, tls: secrets, connectTimeout: endpoint.connectTimeout)
    }

    func send(_ messages: [OutgoingMessage]) async -> [SendOutcome] {
        var outcomes: [SendOutcome] = []
        for message in messages { outcomes.append(await send(message)) }
        return outcomes
    }

    func close() async { client.close() }

    private func send(_ message: OutgoingMessage) async -> SendOutcome {
        let payload: [UInt8]
        do throws(MLLPClientError) {
            if message.isUnanswered {
                try await client.send(message.bytes, timeout: endpoint.ackTimeout)
                return SendOutcome(.done, result: "sent")
            }
            payload = try await client.exchange(message.bytes, timeout: endpoint.ackTimeout)
        } catch {
            return outcome(of: error)
        }
        let answer = DeliveryAnswer(reading: payload, controlID: message.controlID)
        if !answer.leavesConnectionUsable { client.close() }
        let decision: SendOutcome.Decision =
            switch answer.action(at: endpoint) {
            case .done: .done
            case .retry: .retry(after: nil)
            case .hold: .hold
            case .retryThenHold(let times): .retryThenHold(times)
            }
        return SendOutcome(decision, result: answer.name, text: answer.explanation, answer: payload)
    }

    private func outcome(of error: MLLPClientError) -> SendOutcome {
        switch error.code {
        case .unframeable: SendOutcome(.hold, result: "not sent", text: error.text)
        case .timedOut: SendOutcome(.retry(after: nil), result: "no answer", text: error.text)
        case .connectFailed, .tlsFailed:
            SendOutcome(.retry(after: nil), result: error.code.rawValue, text: error.text, isUnreached: true)
        default: SendOutcome(.retry(after: nil), result: error.code.rawValue, text: error.text)
        }
    }
}

extension DeliveryAnswer {
    /// The error codes that the receiver gave: its own texts could quote the patient.
    fileprivate var explanation: String? {
        guard case .code(_, let errors) = self, !errors.isEmpty else { return nil }
        return errors.map { "\($0) \(Acknowledgment.name(ofCode: $0))" }.joined(separator: ", ")
    }
}
