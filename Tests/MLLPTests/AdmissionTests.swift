import Testing

@testable import MLLP

@Suite struct AdmissionTests {
    private func admission() -> Admission {
        var limits = MLLPLimits()
        limits.connectionsMax = 4
        limits.connectionsPerPeerMax = 2
        return Admission(limits: limits)
    }

    @Test func `a peer gets its share and no more until it closes one`() {
        var admission = admission()
        #expect(admission.admit("10.0.0.1", isLoopback: false) == nil)
        #expect(admission.admit("10.0.0.1", isLoopback: false) == nil)
        #expect(admission.admit("10.0.0.1", isLoopback: false) == .peerFull(connectionsPerPeerMax: 2))
        #expect(admission.admit("10.0.0.2", isLoopback: false) == nil)
        admission.release("10.0.0.1")
        #expect(admission.admit("10.0.0.1", isLoopback: false) == nil)
        #expect(admission.count == 4 - 1)
    }

    @Test func `loopback peers are limited by the listener alone`() {
        var admission = admission()
        for _ in 0..<4 { #expect(admission.admit("127.0.0.1", isLoopback: true) == nil) }
        #expect(admission.admit("127.0.0.1", isLoopback: true) == .listenerFull(connectionsMax: 4))
    }

    @Test func `a closed listener admits nobody`() {
        var admission = admission()
        admission.close()
        #expect(admission.admit("127.0.0.1", isLoopback: true) == .shuttingDown)
    }

    @Test(arguments: [
        ("127.0.0.1", true, "127.0.0.1"), ("127.9.9.9", true, "127.9.9.9"), ("::1", true, "::1"),
        ("::ffff:127.0.0.1", true, "127.0.0.1"), ("::ffff:10.0.0.1", false, "10.0.0.1"),
        ("10.1.27.0", false, "10.1.27.0"),
        ("2001:db8::1", false, "2001:db8::1"),
    ])
    func `peers are known by one spelling`(host: String, isLoopback: Bool, spelling: String) {
        let address = PeerAddress(host: host, port: 1)
        #expect(address.isLoopback == isLoopback)
        #expect(address.host == spelling)
    }
}
