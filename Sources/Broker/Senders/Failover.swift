import Interfaces
import Synchronization

/// Which of several addresses of one receiver is used: the first that can be reached, and the first of all again when
/// it is back.
///
/// Pure: time is passed in, in microseconds of a clock that never goes back.
struct Failover: Sendable {
    private let count: Int
    /// How long another address is used before the first is tried again.
    private let patience: Int64
    private(set) var current = 0
    private var looksAgainAt: Int64 = 0

    init(count: Int, patience: Duration) {
        self.count = count
        self.patience = patience.microseconds
    }

    /// The addresses in the order in which to try them. One caller at a time is sent to look whether the first is back.
    mutating func order(now: Int64) -> [Int] {
        var order = [current]
        if current != 0, now >= looksAgainAt {
            looksAgainAt = now + patience
            order = [0, current]
        }
        return order + (0..<count).filter { !order.contains($0) }
    }

    /// An address took a message.
    ///
    /// - Returns: whether that is another one than before.
    mutating func reached(_ index: Int, now: Int64) -> Bool {
        guard index != current else { return false }
        current = index
        looksAgainAt = now + patience
        return true
    }
}

/// What the connections of one endpoint share: the address in use, and the access token.
final class SharedSending: Sendable {
    let tokens: TokenSource?
    private let failover: Mutex<Failover>
    /// Told when another address is in use.
    private let onChange: @Sendable (BindAddress) -> Void
    let addresses: [BindAddress]

    /// The longest time until the first address is tried again; a shorter `retry.max` counts instead.
    private static let patienceMax = Duration.seconds(30)

    init(_ endpoint: Endpoint, onChange: @escaping @Sendable (BindAddress) -> Void = { _ in }) {
        self.onChange = onChange
        switch endpoint.kind {
        case .mllp(let host, let port, _):
            addresses = [BindAddress(host: host, port: port)] + endpoint.failover
            tokens = nil
        case .fhir(_, _, .oauth2(let token, let client, let keyFile, let scope, let keyID)):
            addresses = []
            tokens = TokenSource(
                ClientAssertion(
                    token: token, client: client, scope: scope, keyFile: keyFile, keyID: keyID))
        case .fhir, .folder: (addresses, tokens) = ([], nil)
        }
        failover = Mutex(
            Failover(count: addresses.count, patience: min(Self.patienceMax, endpoint.retry.longest)))
    }

    var order: [Int] { failover.withLock { $0.order(now: Clock.monotonic()) } }

    func reached(_ index: Int) {
        guard addresses.count > 1, failover.withLock({ $0.reached(index, now: Clock.monotonic()) }) else { return }
        onChange(addresses[index])
    }
}
