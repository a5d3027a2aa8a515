internal import HL7

/// The tests that routes carry, with which `wardline check` runs the examples of profiles.
extension InterfaceFolder {
    /// Reads a folder and runs the tests stored in it.
    package static func check(
        _ path: String, environment: Environment = .system
    ) -> (configuration: Configuration?, findings: [InterfaceFinding]) {
        let (configuration, findings) = load(path, environment: environment)
        guard let configuration else { return (nil, findings) }
        return (configuration, findings + failures(in: configuration) + failures(inExamplesOf: configuration))
    }

    /// The route tests that do not hold.
    package static func failures(in configuration: Configuration) -> [InterfaceFinding] {
        configuration.routes.flatMap { route in
            route.tests.compactMap { test in
                failure(of: test, route, configuration).map {
                    InterfaceFinding(severity: .error, file: test.file, line: test.line, text: $0)
                }
            }
        }
    }

    private static func failure(of test: RouteTest, _ route: Route, _ configuration: Configuration) -> String? {
        let name = test.message.split(separator: "/").suffix(2).joined(separator: "/")
        let message: Message
        let bytesMax = configuration.broker.limits.frameBytesMax
        switch storedMessage(test.message, name, hint: "tests/a01.hl7", bytesMax: bytesMax) {
        case .success(let read): message = read
        case .failure(let reason): return reason.text
        }
        let isRouted = route.takes(message, in: configuration)
        guard isRouted != test.isRouted else { return nil }
        return isRouted
            ? "\(name) is routed, and the test says it is not; correct when: or write routed: true"
            : "\(name) is not routed, and the test says it is; correct from: or when:, or write routed: false"
    }

    /// Why a stored message cannot be used.
    struct Unusable: Error { var text: String }

    /// A message that is stored for a test.
    static func storedMessage(
        _ path: String, _ name: String, hint: String, bytesMax: Int
    ) -> Result<Message, Unusable> {
        let bytes: [UInt8]
        switch FolderFiles.contents(of: path, bytesMax: bytesMax) {
        case .success(let read): bytes = read
        case .failure(.absent):
            return .failure(Unusable(text: "\(name) is not there; write the path of a message, as \(hint)"))
        case .failure(.unreadable): return .failure(Unusable(text: "\(name) cannot be read; look at its permissions"))
        case .failure(.tooLong):
            return .failure(Unusable(text: "\(name) is longer than limits: frame: allows; write a shorter message"))
        }
        guard let message = try? Message(parsing: bytes) else {
            // Which byte is wrong is for `wardline validate` to say.
            return .failure(Unusable(text: "\(name) is not an HL7 message; see wardline validate"))
        }
        return .success(message)
    }
}

extension Route {
    /// Whether a route takes a message, its sender judged by MSH-3 and MSH-4 alone: no connection is known here.
    fileprivate func takes(_ message: Message, in configuration: Configuration) -> Bool {
        guard condition?.evaluate(on: message) ?? true else { return false }
        guard from != nil else { return true }
        let header = message.header
        return configuration.providers.contains { provider in
            names(provider.name)
                && provider.senders.contains { rule in
                    rule.fits(
                        listener: rule.listener ?? "", application: header.sendingApplication,
                        facility: header.sendingFacility)
                        && rule.allows(code: header.messageCode, event: header.triggerEvent)
                }
        }
    }
}
