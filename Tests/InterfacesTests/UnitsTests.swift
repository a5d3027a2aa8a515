import Testing

@testable import Interfaces

struct UnitsTests {
    @Test(arguments: [
        ("200ms", Duration.milliseconds(200)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("24h", .seconds(86_400)),
        ("90d", .seconds(7_776_000)), ("30", nil), ("0s", nil), ("-1s", nil), ("1.5s", nil), ("s", nil), ("1 s", nil),
        ("999999999999999999d", nil), ("9999999999999999999s", nil), ("٣s", nil),
    ])
    func `durations are a number with a unit`(text: String, duration: Duration?) {
        #expect(Units.duration(text) == duration)
    }

    @Test(arguments: [
        ("512", 512), ("4KiB", 4_096), ("16MiB", 16_777_216), ("1GiB", 1_073_741_824), ("16MB", nil), ("MiB", nil),
        ("9999999999999GiB", nil),
    ])
    func `sizes are bytes, or a number with a binary unit`(text: String, size: Int?) {
        #expect(Units.size(text) == size)
    }

    @Test(arguments: [
        ("127.0.0.1:2575", "127.0.0.1", 2_575), ("[::1]:0", "::1", 0), ("localhost:80", "localhost", 80),
        ("[fe80::1%eth0]:80", "fe80::1%eth0", 80),
    ])
    func `an address is a host and a port`(text: String, host: String, port: Int) {
        #expect(Units.address(text, ports: 0...65_535) == BindAddress(host: host, port: port))
    }

    @Test(arguments: [
        "127.0.0.1", ":2575", "::1:2575", "[::1]", "[]:1", "host:", "host:65536", "host:-1", "host:+1", "a b:1",
    ])
    func `anything else is no address`(text: String) {
        #expect(Units.address(text, ports: 0...65_535) == nil)
    }
}
