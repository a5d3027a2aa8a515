import Foundation
import Interfaces
import Logging

/// The channels, each with its own pace: one that is away does not hold up the others.
enum AlertChannelName: String, CaseIterable, Sendable { case webhook, mail, command }

extension AlertChannelSettings {
    var name: AlertChannelName {
        switch self {
        case .webhook: .webhook
        case .mail: .mail
        case .command: .command
        }
    }
}

extension AlertCenter {
    private static let retryMax = Duration.seconds(300)

    /// Tells what waits, one after the other, until the task is cancelled.
    func tell(_ name: AlertChannelName) async {
        var pause = retry
        while !Task.isCancelled {
            let generation = told.generation
            guard let (notice, settings) = next(for: name) else {
                await told.wait(since: generation)
                continue
            }
            let told = ToldAlert(notice, broker: broker.configurations.current.broker.name)
            do {
                switch settings {
                case .webhook(let url, let tls, let bearer):
                    try await AlertWebhook(url: url, tls: tls, bearer: bearer).send(told)
                case .mail(let settings): try await AlertMail(settings).send(told)
                case .command(let words): try await AlertCommand(words).send(told)
                }
                wasTold(notice, by: name)
                pause = retry
            } catch {
                guard !Task.isCancelled else { return }
                broker.log.warning(
                    "cannot tell of an alert, trying again",
                    metadata: [
                        "channel": "\(name.rawValue)", "alert": "\(notice.id)",
                        "error": "\(FHIRSender.name(of: error))",
                    ])
                // Cancelled: then the loop ends.
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, Self.retryMax)
            }
        }
    }
}

/// A notice as it leaves: in JSON for webhooks and commands, in words for mail.
struct ToldAlert: Encodable, Sendable {
    let broker: String
    let state: String
    let id: String
    let kind: String
    let subject: String
    let severity: String
    let text: String
    let openedAt: String
    let at: String

    init(_ notice: AlertNotice, broker: String) {
        self.broker = broker
        state = notice.state.rawValue
        id = notice.id.description
        kind = notice.id.kind.rawValue
        subject = notice.id.subject
        severity = notice.severity.rawValue
        text = notice.text
        openedAt = Self.time(notice.openedAt)
        at = Self.time(notice.at)
    }

    private static func time(_ microseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(microseconds / 1_000_000)).formatted(.iso8601)
    }

    var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Nine texts: there is nothing that could fail.
        return (try? encoder.encode(self)).map(Array.init) ?? []
    }
}

/// Why somebody could not be told. No patient data.
struct TellingError: Error, CustomStringConvertible {
    let description: String
}
