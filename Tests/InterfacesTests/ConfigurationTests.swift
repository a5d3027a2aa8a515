import HL7
import HL7Conformance
import Testing

@testable import Interfaces

struct ConfigurationTests {
    @Test func `alerts have their thresholds, and each can be switched off`() throws {
        let without = try SampleFolder.configuration().broker.alerts
        #expect(without == AlertSettings())
        let configuration = try SampleFolder.configuration([
            "broker.yaml": """
            broker: riverside
            listeners:
              bench: { bind: "127.0.0.1:2576", tls: off }
            alerts:
              every: 5s
              queueDepth: 50
              oldestAge: 1m
              silence: 20
              disconnected: 2m
              errorRate: 25
              refusalRate: off
              slow: 500ms
              certificates: [7, 60]
              disk: 3
              clockSkew: 30s
              backupAge: 26h
              audit: 24h
              unrouted: off
              paused: off
              webhook: { url: https://chat.example/hook, bearer: hook.token, tls: { ca: ca.pem } }
              mail:
                server: smtps://mail.example:465
                from: wardline@hospital.example
                to: [on-call@hospital.example, it@hospital.example]
                auth: mail.secret
              command: [/usr/local/bin/page, --urgent]
            """,
            "providers/clinic.yaml": """
            provider: clinic
            receives:
              inbox: { mllp: "mllps://127.0.0.1:2600", maxAge: 5m }
            """,
        ])
        let alerts = configuration.broker.alerts
        var expected = AlertSettings()
        expected.every = .seconds(5)
        expected.off = [.refusalRate, .unrouted, .paused]
        expected.queueDepth = 50
        expected.oldestAge = .seconds(60)
        expected.silence = 20
        expected.disconnected = .seconds(120)
        expected.errorRate = 25
        expected.slow = .milliseconds(500)
        expected.certificates = [60, 7]
        expected.disk = 3
        expected.clockSkew = .seconds(30)
        expected.backupAge = .seconds(26 * 3_600)
        expected.audit = .seconds(86_400)
        var mail = MailSettings(
            host: "mail.example", port: 465, isSecure: true, from: "wardline@hospital.example",
            to: ["on-call@hospital.example", "it@hospital.example"])
        mail.auth = "/etc/wardline/mail.secret"
        expected.channels = [
            .webhook(
                url: "https://chat.example/hook", tls: TLSClientSettings(authorities: "/etc/wardline/ca.pem"),
                bearer: "/etc/wardline/hook.token"),
            .mail(mail), .command(["/usr/local/bin/page", "--urgent"]),
        ]
        #expect(alerts == expected)
        #expect(configuration.endpoint("clinic.inbox")?.maxAge == .seconds(300))
    }

    @Test func `what is left out has its default`() throws {
        let configuration = try SampleFolder.configuration()
        #expect(configuration.broker.processing == ["P"])
        #expect(configuration.broker.duplicateWindow == .seconds(86_400))
        #expect(configuration.broker.drain == .seconds(10))
        #expect(configuration.broker.limits == ListenerLimits())
        #expect(configuration.broker.retention.bodies == .seconds(90 * 86_400))
        #expect(configuration.admin == nil)
        let rule = try #require(configuration.provider("hospital")?.senders.first)
        #expect(rule.strictness == .standard)
        #expect(rule.onError == .forward)
        #expect(rule.timezone == nil)
        #expect(rule.ackMode == .auto)
        #expect(rule.allows(code: "ADT", event: "A01"))
        let inbox = try #require(configuration.endpoint("clinic.inbox"))
        #expect(inbox.kind == .mllp(host: "127.0.0.1", port: 2_600, tls: TLSClientSettings()))
        #expect(inbox.connections == 1)
        #expect(inbox.order == .patient)
        #expect(inbox.ackTimeout == .seconds(30))
        #expect(inbox.ackMode == .original)
        #expect(inbox.retry == RetryPolicy())
        #expect(configuration.endpoint("clinic.fhir")?.connections == 4)
        #expect(configuration.endpoint("clinic") == nil)
        #expect(configuration.endpoint("clinic.none") == nil)
    }

    @Test func `every key of the broker is read`() throws {
        let configuration = try SampleFolder.configuration([
            "broker.yaml": """
            broker: riverside
            processing: [P, T]
            duplicateWindow: 2d
            drain: 1m
            plaintext: anywhere
            limits: { frame: 1MiB, segments: 10, connections: 5, connectionsPerPeer: 4, framesInFlight: 3,
              bytesInFlight: 2MiB, listenerBytesInFlight: 1GiB, stall: 5s, rate: 1KiB }
            audit: { key: ../keys/audit.pem }
            retention: { bodies: 30d, bodiesSize: 200GiB, deliveries: 60d, audit: 900d, legalHold: [all] }
            listeners:
              hospitals: { bind: "[::1]:2575", tls: off, limits: { connections: 9 } }
            admin: { bind: "127.0.0.1:0" }
            """
        ])
        var limits = ListenerLimits()
        limits.frameBytesMax = 1 << 20
        limits.segmentsMax = 10
        limits.connectionsMax = 5
        limits.connectionsPerPeerMax = 4
        limits.framesInFlightMax = 3
        limits.bytesInFlightMax = 2 << 20
        limits.listenerBytesInFlightMax = 1 << 30
        limits.frameStallTime = .seconds(5)
        limits.frameBytesPerSecondMin = 1_024
        #expect(configuration.broker.limits == limits)
        #expect(configuration.broker.processing == ["P", "T"])
        #expect(configuration.broker.duplicateWindow == .seconds(172_800))
        #expect(configuration.broker.drain == .seconds(60))
        #expect(configuration.broker.isPlaintextAnywhere)
        #expect(configuration.broker.audit.keyFile == "/etc/keys/audit.pem")
        #expect(configuration.broker.retention.bodiesSize == 200 << 30)
        #expect(configuration.broker.retention.legalHold == ["all"])
        #expect(configuration.broker.retention.audit == .seconds(900 * 86_400))
        limits.connectionsMax = 9
        #expect(
            configuration.listeners == [
                ListenerSettings(name: "hospitals", bind: BindAddress(host: "::1", port: 2_575), limits: limits)
            ])
        #expect(configuration.listeners[0].bind.description == "[::1]:2575")
    }

    @Test func `every key of a sender is read`() throws {
        let configuration = try SampleFolder.configuration([
            "profiles/gh.yaml": "{ profile: gh, version: \"2.5.1\", messages: [ADT^A01] }",
            "providers/hospital.yaml": """
            provider: hospital
            name: Hospital
            sends:
              - as: { application: HIS, facility: GH }
                certificate: [A.example, b.example]
                listener: hospitals
                messages: [ADT, ORU^R01]
                strictness: strict
                onError: hold
                profile: gh
                rules: { field.length: off, table.user: error }
                charset: windows-1252
                timezone: America/Chicago
                identifiers: [PI, MR]
                assume: { version: "2.3", processingId: P }
                processing: [P, T]
                duplicateId: refuse
                ack: { mode: enhanced, to: clinic.inbox }
            """,
        ])
        var rule = SenderRule()
        rule.application = "HIS"
        rule.facility = "GH"
        rule.certificates = ["a.example", "b.example"]
        rule.listener = "hospitals"
        rule.messages = [MessagePattern(code: "ADT"), MessagePattern(code: "ORU", event: "R01")]
        rule.strictness = .strict
        rule.onError = .hold
        rule.profile = "gh"
        rule.rules[.fieldLength] = .off
        rule.rules[.userTable] = .error
        rule.charset = .windows1252
        rule.timezone = .named(try #require(NamedTimeZone("America/Chicago")))
        rule.identifiers = ["PI", "MR"]
        rule.assume = .init(version: "2.3", processingID: "P")
        rule.processing = ["P", "T"]
        rule.duplicateID = .refuse
        rule.ackMode = .enhanced
        rule.ackTo = "clinic.inbox"
        #expect(configuration.provider("hospital") == Provider(name: "hospital", title: "Hospital", senders: [rule]))
        #expect(rule.allows(code: "ORU", event: "R01"))
        #expect(!rule.allows(code: "ORU", event: "R30"))
        let validator = configuration.validator(for: rule)
        #expect(validator.profile?.name == "gh")
        #expect(validator.rules == rule.rules)
        #expect(validator.strictness == .strict)
        #expect(validator.processingIDs == ["P", "T"])
        #expect(validator.assumedVersion == .v2_3)
    }

    @Test func `every key of an endpoint is read`() throws {
        let configuration = try SampleFolder.configuration([
            "providers/clinic.yaml": """
            provider: clinic
            receives:
              inbox:
                mllp: ["mllps://[::1]:2600", "mllps://standby.example:2601"]
                tls: { ca: ca.pem, certificate: us.pem, key: us.key, serverName: clinic.example }
                connections: 3
                order: strict
                ackTimeout: 5s
                connectTimeout: 500ms
                retry: { first: 2s, factor: 1.5, max: 1h }
                actions: { AE: retry, AR: done, CE: { retry: 7, then: hold }, garbage: hold, none: { retry: 3, then: hold } }
                rate: 2.5
                maxAge: 15m
                breaker: 9
                pause: { daily: "22:30-03:00", zone: America/Chicago }
                ackMode: enhanced
                charset: UNICODE UTF-8
                keepSent: true
                edit: { set: { MSH-5: X }, when: PID-8 valued }
              fhir:
                fhir: https://clinic.example:8443/fhir/
                tls: { ca: ca.pem }
                auth: { oauth2: { token: "https://clinic.example/token", client: us, key: us.key, scope: system/*.cruds, kid: k1 } }
                bundle: transaction
                ids: theirs
                updates: patch
                check: true
              files: { folder: ../archive, format: fhir, bundle: collection }
            """
        ])
        var inbox = Endpoint(
            name: "clinic.inbox",
            kind: .mllp(
                host: "::1", port: 2_600,
                tls: TLSClientSettings(
                    authorities: "/etc/wardline/ca.pem", certificate: "/etc/wardline/us.pem",
                    key: "/etc/wardline/us.key", serverName: "clinic.example")))
        inbox.failover = [BindAddress(host: "standby.example", port: 2_601)]
        inbox.unanswered = [.garbage: .hold, .none: .retryThenHold(3)]
        inbox.rate = 2.5
        inbox.maxAge = .seconds(900)
        inbox.breaker = 9
        inbox.pauseWindow = DailyWindow(
            start: 22 * 60 + 30, end: 180, zone: try #require(NamedTimeZone("America/Chicago")))
        inbox.connections = 3
        inbox.order = .strict
        inbox.ackTimeout = .seconds(5)
        inbox.connectTimeout = .milliseconds(500)
        inbox.retry.first = .seconds(2)
        inbox.retry.factor = 1.5
        inbox.retry.longest = .seconds(3_600)
        inbox.actions = [.ae: .retry, .ar: .done, .ce: .retryThenHold(7)]
        inbox.ackMode = .enhanced
        inbox.charset = .utf8
        inbox.keepsSent = true
        inbox.edits = [
            EditStep(
                .set([EditStep.Assignment(path: try Path("MSH-5"), text: "X")]), when: try Condition("PID-8 valued"))
        ]
        #expect(configuration.endpoint("clinic.inbox") == inbox)
        var fhir = Endpoint(
            name: "clinic.fhir",
            kind: .fhir(
                url: "https://clinic.example:8443/fhir", tls: TLSClientSettings(authorities: "/etc/wardline/ca.pem"),
                auth: .oauth2(
                    token: "https://clinic.example/token", client: "us", keyFile: "/etc/wardline/us.key",
                    scope: "system/*.cruds", keyID: "k1")))
        fhir.connections = 4
        fhir.ids = .theirs
        fhir.updates = .patch
        fhir.checksBundles = true
        #expect(configuration.endpoint("clinic.fhir") == fhir)
        let files = try #require(configuration.endpoint("clinic.files"))
        #expect(files.kind == .folder(path: "/etc/archive", format: .fhir))
        #expect(files.ackMode == .asSent)
        #expect(files.isFHIR)
        #expect(files.bundle == .collection)
    }

    @Test(arguments: [
        ("12", LossBudget.values(12), 12, 13), ("0", .values(0), 0, 1), ("2.5%", .percent(2.5), 5, 6),
        ("100%", .percent(100), 200, 201),
    ])
    func `a loss budget is a number of values or a share of them`(
        text: String, budget: LossBudget, most: Int, tooMany: Int
    ) throws {
        let configuration = try SampleFolder.configuration([
            "routes/all.yaml": "route: all\nfrom: [clinic]\nto: [clinic.fhir]\nlossBudget: \(text)"
        ])
        #expect(configuration.routes.first?.lossBudget == budget)
        #expect(budget.description == text)
        #expect(budget.allows(most, of: 200))
        #expect(!budget.allows(tooMany, of: 200))
    }

    @Test(arguments: [
        (Acknowledgment.Code.aa, [Int](), AnswerAction.done), (.ca, [], .done), (.ae, [], .hold), (.ae, [207], .hold),
        (.ar, [], .hold), (.ar, [203], .hold), (.ar, [206], .retry), (.ar, [101, 207], .retry), (.cr, [207], .hold),
        (.ce, [], .retryThenHold(5)),
    ])
    func `an answer leads to its default action`(code: Acknowledgment.Code, errors: [Int], expected: AnswerAction) {
        let endpoint = Endpoint(name: "a.b", kind: .folder(path: "/", format: .hl7))
        #expect(endpoint.action(for: code, errorCodes: errors) == expected)
    }

    @Test(arguments: UnusableAnswer.allCases)
    func `what is no answer to the message is tried again unless the file says otherwise`(answer: UnusableAnswer) {
        var endpoint = Endpoint(name: "a.b", kind: .folder(path: "/", format: .hl7))
        #expect(endpoint.action(for: answer) == .retry)
        endpoint.unanswered[answer] = .hold
        #expect(endpoint.action(for: answer) == .hold)
    }

    @Test func `an action in the file wins over the default`() {
        var endpoint = Endpoint(name: "a.b", kind: .folder(path: "/", format: .hl7))
        endpoint.actions = [.ar: .hold]
        #expect(endpoint.action(for: .ar, errorCodes: [207]) == .hold)
        #expect(endpoint.action(for: .aa, errorCodes: []) == .done)
    }
}
