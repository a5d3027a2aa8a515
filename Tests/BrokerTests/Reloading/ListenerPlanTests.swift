import Interfaces
import Testing

@testable import Broker

struct ListenerPlanTests {
    private func listener(_ name: String, _ port: Int = 0, isSecure: Bool = false) -> ListenerSettings {
        ListenerSettings(
            name: name, bind: BindAddress(host: "127.0.0.1", port: port),
            tls: isSecure ? ListenerSettings.TLS(certificate: "/a.pem", key: "/a.key") : nil)
    }

    private func bound(_ listener: ListenerSettings, _ port: Int) -> ListenerPlan.Bound {
        ListenerPlan.Bound(settings: listener, port: port)
    }

    @Test func `what stays keeps its port, what is new is opened, what is gone is closed last`() {
        let plan = ListenerPlan(
            from: [bound(listener("lab"), 4_000), bound(listener("bench"), 4_001)],
            to: [listener("lab"), listener("new", 5_000)])
        #expect(plan.kept.map(\.name) == ["lab"])
        #expect(plan.opened.map(\.name) == ["new"])
        #expect(plan.closedFirst.isEmpty)
        #expect(plan.closedLast.map(\.port) == [4_001])
    }

    @Test func `a port that another listener wants is closed first`() {
        let plan = ListenerPlan(from: [bound(listener("lab"), 4_000)], to: [listener("front", 4_000)])
        #expect(plan.closedFirst.map(\.settings.name) == ["lab"])
        #expect(plan.opened.map(\.name) == ["front"])
        #expect(plan.closedLast.isEmpty)
    }

    @Test func `a listener that gets TLS or other limits is bound anew, one with other certificates stays`() {
        let plain = listener("lab", 4_000)
        let secure = listener("lab", 4_000, isSecure: true)
        #expect(ListenerPlan(from: [bound(plain, 4_000)], to: [secure]).closedFirst.map(\.port) == [4_000])
        var limited = plain
        limited.limits.connectionsMax = 1
        #expect(ListenerPlan(from: [bound(plain, 4_000)], to: [limited]).opened == [limited])
        var renewed = secure
        renewed.tls?.certificate = "/b.pem"
        let plan = ListenerPlan(from: [bound(secure, 4_000)], to: [renewed])
        #expect(plan.kept == [renewed] && plan.opened.isEmpty && plan.closedFirst.isEmpty && plan.closedLast.isEmpty)
    }
}
