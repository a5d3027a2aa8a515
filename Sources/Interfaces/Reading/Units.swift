/// Values with a unit: `30s`, `16MiB`, `127.0.0.1:2575`.
enum Units {
    /// A number with `ms`, `s`, `m`, `h` or `d`; more than none, and at most a hundred years.
    static func duration(_ text: String) -> Duration? {
        guard let (number, unit) = split(text), number > 0 else { return nil }
        let milliseconds: [String: Int64] = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let factor = milliseconds[unit] else { return nil }
        let (product, overflow) = Int64(number).multipliedReportingOverflow(by: factor)
        guard !overflow, product <= 100 * 366 * 86_400_000 else { return nil }
        return .milliseconds(product)
    }

    /// Bytes: a number alone, or with `KiB`, `MiB` or `GiB`.
    static func size(_ text: String) -> Int? {
        guard let (number, unit) = split(text) else { return nil }
        guard let shift = ["": 0, "KiB": 10, "MiB": 20, "GiB": 30][unit] else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
        return overflow ? nil : product
    }

    /// A size as it is written: `16MiB`.
    static func text(size: Int) -> String {
        for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)]
        where size >= 1 << shift && size % (1 << shift) == 0 {
            return "\(size >> shift)\(unit)"
        }
        return "\(size)"
    }

    /// `HOST:PORT`, IPv6 addresses in brackets.
    static func address(_ text: String, ports: ClosedRange<Int>) -> BindAddress? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            ports.contains(port), text[text.index(after: colon)...].allSatisfy(\.isNumber)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            // An address may name its interface: fe80::1%eth0.
            guard host.contains(":"),
                host.prefix(while: { $0 != "%" }).allSatisfy({ $0.isHexDigit || ":.".contains($0) })
            else { return nil }
        } else {
            guard host.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "." || $0 == "-" || $0 == "_" }) else {
                return nil
            }
        }
        return host.isEmpty ? nil : BindAddress(host: String(host), port: port)
    }

    private static func split(_ text: String) -> (number: Int, unit: String)? {
        let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
        guard digits.count <= 18, let number = Int(Substring(digits)) else { return nil }
        return (number, String(text.dropFirst(digits.count)))
    }
}
