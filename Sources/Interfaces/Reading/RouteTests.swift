internal import HL7

/// The tests that routes carry: `wardline check` runs them.
extension InterfaceFolder {
    /// Reads a folder and runs the tests stored in it.
    package static func check(
        _ path: String, environment: Environment = .system
    ) -> (configuration: Configuration?, findings: [InterfaceFinding]) {
        let (configuration, findings) = load(path, environment: environment)
        guard let configuration else { return (nil, findings) }
        return (configuration, findings + failures(in: configuration))
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
        let bytes: [UInt8]
        switch FolderFiles.contents(of: test.message, bytesMax: configuration.broker.limits.frameBytesMax) {
        case .success(let read): bytes = read
        case .failure(.absent): return "\(name) is not there; write the path of a message, as tests/a01.hl7"
        case .failure(.unreadable): return "\(name) cannot be read; look at its permissions"
        case .failure(.tooLong): return "\(name) is longer than limits: frame: allows; write a shorter message"
        }
        guard let message = try? Message(parsing: bytes) else {
            // Which byte is wrong is for `wardline validate` to say.
            return "\(name) is not an HL7 message; see wardline validate"
        }
        let isRouted = route.takes(message, in: configuration)
        guard isRouted != test.isRouted else { return nil }
        return isRouted
            ? "\(name) is routed, and the test says it is not; correct when: or write routed: true"
            : "\(name) is not routed, and the test says it is; correct from: or when:, or write routed: false"
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
