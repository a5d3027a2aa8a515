import Interfaces
import Testing

@testable import Broker

/// What a sample of the broker's state calls for.
struct AlertRulesTests {
    /// A value that goes up and down, and whether its alert is open after each step.
    struct Course: CustomTestStringConvertible, Sendable {
        var name: String
        var id: AlertID
        var steps: [(sample: BrokerSample, isOpen: Bool)]
        var settings = AlertSettings()
        var testDescription: String { name }

        static func endpoint(
            _ name: String, _ kind: AlertKind, _ steps: [(Bool, (inout BrokerSample.Endpoint) -> Void)]
        ) -> Course {
            Course(
                name: name, id: AlertID(kind, "clinic.inbox"),
                steps: steps.map { isOpen, change in
                    var endpoint = BrokerSample.Endpoint()
                    change(&endpoint)
                    var sample = BrokerSample()
                    sample.endpoints["clinic.inbox"] = endpoint
                    return (sample, isOpen)
                })
        }

        static func provider(
            _ name: String, _ kind: AlertKind, _ steps: [(Bool, (inout BrokerSample.Provider) -> Void)]
        ) -> Course {
            Course(
                name: name, id: AlertID(kind, "hospital"),
                steps: steps.map { isOpen, change in
                    var provider = BrokerSample.Provider()
                    change(&provider)
                    var sample = BrokerSample()
                    sample.providers["hospital"] = provider
                    return (sample, isOpen)
                })
        }

        static func broker(
            _ name: String, _ id: AlertID, with settings: AlertSettings = AlertSettings(),
            _ steps: [(Bool, (inout BrokerSample) -> Void)]
        ) -> Course {
            var course = Course(
                name: name, id: id,
                steps: steps.map { isOpen, change in
                    var sample = BrokerSample()
                    change(&sample)
                    return (sample, isOpen)
                })
            course.settings = settings
            return course
        }
    }

    static let courses: [Course] = [
        .endpoint(
            "a queue is deep from 1,000 on, until it is half as deep", .queueDepth,
            [
                (false, { $0.waiting = 999 }), (true, { $0.waiting = 1_000 }), (true, { $0.waiting = 500 }),
                (false, { $0.waiting = 499 }), (false, { $0.waiting = 999 }),
            ]),
        .endpoint(
            "a delivery is old after 15 minutes", .oldestAge,
            [
                (false, { $0.oldestSeconds = 899 }), (true, { $0.oldestSeconds = 900 }),
                (true, { $0.oldestSeconds = 450 }), (false, { $0.oldestSeconds = nil }),
            ]),
        .endpoint(
            "an endpoint's own maxAge wins", .oldestAge,
            [
                (
                    true,
                    {
                        $0.maxAge = .seconds(60)
                        $0.oldestSeconds = 60
                    }
                ),
                (
                    false,
                    {
                        $0.maxAge = .seconds(3_600)
                        $0.oldestSeconds = 1_000
                    }
                ),
            ]),
        .endpoint(
            "a receiver is away after a minute, and is there with the first answer", .disconnected,
            [
                (false, { $0.unreachedSeconds = 59 }), (true, { $0.unreachedSeconds = 60 }),
                (true, { $0.unreachedSeconds = 1 }), (false, { $0.unreachedSeconds = nil }),
            ]),
        .endpoint(
            "a tenth of the attempts may fail, and few of them say nothing", .errorRate,
            [
                (false, { ($0.attempts, $0.failures) = (4, 4) }), (false, { ($0.attempts, $0.failures) = (60, 5) }),
                (true, { ($0.attempts, $0.failures) = (50, 5) }), (true, { ($0.attempts, $0.failures) = (60, 3) }),
                (false, { ($0.attempts, $0.failures) = (100, 4) }), (false, { _ in }),
            ]),
        .endpoint(
            "a partner is slow from 5 s on, until it needs half of that", .slow,
            [
                (false, { $0.attemptSeconds = 4.9 }), (true, { $0.attemptSeconds = 5 }),
                (true, { $0.attemptSeconds = 2.5 }), (false, { $0.attemptSeconds = 2.4 }),
                (false, { $0.attemptSeconds = nil }),
            ]),
        .endpoint(
            "an endpoint that the broker paused is one, until it is resumed", .paused,
            [(true, { $0.pausedBecause = "HTTP 401" }), (false, { _ in })]),
        .provider(
            "a silence is one when ten messages were to be expected", .silence,
            [
                (false, { $0.expected = 9.9 }), (true, { $0.expected = 10 }), (true, { $0.expected = 50 }),
                // The first message after it.
                (
                    false,
                    {
                        $0.expected = 0.1
                        $0.hasSent = true
                    }
                ),
            ]),
        .provider(
            "a silence goes on after a restart, until a message comes", .silence,
            [
                (true, { $0.expected = 20 }), (true, { $0.expected = 0 }),
                (
                    false,
                    {
                        $0.expected = 0
                        $0.hasSent = true
                    }
                ),
            ]),
        .provider("where nothing is known no silence is one", .silence, [(false, { $0.quietSeconds = 1e6 })]),
        .provider(
            "refusals are counted as attempts are", .refusalRate,
            [
                (false, { ($0.messages, $0.refused) = (4, 4) }), (true, { ($0.messages, $0.refused) = (10, 5) }),
                (false, { ($0.messages, $0.refused) = (100, 1) }),
            ]),
        .provider(
            "messages without a route are one as long as they come", .unrouted,
            [(true, { $0.hasUnrouted = true }), (false, { _ in })]),
        .provider(
            "a clock may be five minutes off, fast or slow, and what is not known changes nothing", .clockSkew,
            [
                (false, { $0.skewSeconds = 299 }), (true, { $0.skewSeconds = -300 }), (true, { $0.skewSeconds = nil }),
                (true, { $0.skewSeconds = 150 }), (false, { $0.skewSeconds = 149 }), (false, { $0.skewSeconds = nil }),
            ]),
        .broker(
            "text that comes to its limit is one, until retention has made room", AlertID(.bodies),
            [
                (false, { $0.textShare = 0.89 }), (true, { $0.textShare = 0.9 }), (true, { $0.textShare = 0.81 }),
                (false, { $0.textShare = 0.79 }), (false, { $0.textShare = nil }),
            ]),
        .broker(
            "a disk that is full within a week is one, until it is two weeks again", AlertID(.disk),
            [
                (false, { $0.diskDays = 8 }), (true, { $0.diskDays = 6.9 }), (true, { $0.diskDays = 13 }),
                (true, { $0.diskDays = nil }), (false, { $0.diskDays = 14 }), (false, { $0.diskDays = .infinity }),
                (true, { $0.isDiskLow = true }), (false, { $0.diskDays = .infinity }),
            ]),
        .broker(
            "a certificate is one from 30 days on, until it is renewed", AlertID(.certificates, "/c/broker.pem"),
            [
                (false, { $0.certificates["/c/broker.pem"] = 30.1 }),
                (true, { $0.certificates["/c/broker.pem"] = 29.9 }),
                (true, { $0.certificates["/c/broker.pem"] = 30.9 }),
                (true, { $0.certificates["/c/broker.pem"] = .some(nil) }),
                (true, { $0.certificates["/c/broker.pem"] = -3 }),
                (false, { $0.certificates["/c/broker.pem"] = 364 }), (false, { _ in }),
            ]),
        .broker(
            "backups are watched only where they are asked for", AlertID(.backupAge),
            [(false, { $0.backupSeconds = 1e9 })]),
        .broker(
            "a backup is old when it is older than was asked for", AlertID(.backupAge), with: daily,
            [
                (false, { $0.backupSeconds = 86_399 }), (true, { $0.backupSeconds = 86_400 }),
                (false, { $0.backupSeconds = 5 }),
            ]),
        .broker(
            "a log that does not verify is one until it does", AlertID(.audit),
            [(true, { $0.auditDamage = "event 7 is damaged" }), (false, { _ in })]),
    ]

    private static var daily: AlertSettings {
        var settings = AlertSettings()
        settings.backupAge = .seconds(86_400)
        return settings
    }

    @Test(arguments: courses)
    func `each opens at its limit and closes when it is clearly over`(course: Course) {
        let rules = AlertRules(course.settings)
        var open: [AlertID: Int] = [:]
        for (number, step) in course.steps.enumerated() {
            let readings = rules.readings(of: step.sample, open: open)
            #expect(readings.contains { $0.id == course.id } == step.isOpen, "step \(number + 1)")
            open = Dictionary(readings.map { ($0.id, $0.level) }, uniquingKeysWith: { first, _ in first })
        }
    }

    @Test(arguments: [AlertKind.errorRate, .slow, .disconnected])
    func `what a broker that was just started cannot know leaves an endpoint's alert open`(kind: AlertKind) {
        let id = AlertID(kind, "clinic.inbox")
        var sample = BrokerSample()
        sample.upSeconds = 200
        sample.endpoints["clinic.inbox"] = BrokerSample.Endpoint()
        sample.endpoints["clinic.inbox"]?.wasReached = false
        let rules = AlertRules(AlertSettings())
        #expect(rules.readings(of: sample, open: [id: 0]).map(\.id) == [id])
        #expect(rules.readings(of: sample, open: [:]).isEmpty)
        sample.upSeconds = 900
        sample.endpoints["clinic.inbox"]?.wasReached = true
        #expect(rules.readings(of: sample, open: [id: 0]).isEmpty)
    }

    @Test(arguments: courses) func `what is switched off never opens`(course: Course) {
        var settings = course.settings
        settings.off = [course.id.kind]
        let rules = AlertRules(settings)
        for step in course.steps {
            #expect(!rules.readings(of: step.sample, open: [:]).contains { $0.id == course.id })
        }
    }

    @Test(
        arguments: [
            (31.0, nil, nil), (30, 0, .notice), (14, 1, .warning), (7, 2, .warning), (1, 3, .critical),
            (-2, 3, .critical),
        ] as [(Double, Int?, Alert.Severity?)])
    func `a certificate gets more serious at 30, 14, 7 and 1 days`(
        days: Double, level: Int?, severity: Alert.Severity?
    ) {
        var sample = BrokerSample()
        sample.certificates["broker.pem"] = days
        let reading = AlertRules(AlertSettings()).readings(of: sample, open: [:]).first
        #expect(reading?.level == level)
        #expect(reading.map { AlertRules.severity(.certificates, level: $0.level) } == severity)
    }
}
