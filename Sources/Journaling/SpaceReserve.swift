import Glibc

/// Room on the disk that intake leaves to deliveries: below it nothing more is accepted, long before the database itself
/// could fail, and what is there can still be delivered and settled.
struct SpaceReserve {
    private let path: String
    private let wanted: Int64
    /// What this disk can spare of it.
    private var reserve: Int64
    /// Appends are refused.
    private(set) var isLow = false
    /// When it was last looked; nanoseconds, monotonic.
    private var looked: UInt64?
    /// Bytes that came since.
    private var added: Int64 = 0

    /// Between two looks.
    private static let interval: UInt64 = 250_000_000

    /// - Parameters:
    ///   - path: a folder on the disk.
    ///   - bytes: the reserve, 0 for none; never more than a tenth of the disk, so that small ones can be used too.
    init(path: String, bytes: Int64) {
        self.path = path
        wanted = bytes
        reserve = bytes
    }

    /// Looks at the disk, if the last look is long enough ago or much has come since. Intake begins again when there is a
    /// quarter more than the reserve, so that it does not begin and stop all the time.
    ///
    /// - Parameters:
    ///   - bytes: what is about to be written.
    ///   - waiting: what waits to be written, this included.
    ///   - logged: what is in the log: the database may grow by so much when it is copied.
    mutating func look(now: UInt64, adding bytes: Int, waiting: Int, logged: Int) {
        added += Int64(bytes)
        if let looked, now < looked + Self.interval, added < reserve / 16 { return }
        looked = now
        added = 0
        guard let (free, size) = Self.space(of: path) else { return }
        reserve = min(wanted, size / 10)
        // It goes to the log first and then to the database.
        isLow = Self.isLow(free: free - 2 * Int64(waiting) - Int64(logged), reserve: reserve, wasLow: isLow)
    }

    static func isLow(free: Int64, reserve: Int64, wasLow: Bool) -> Bool {
        reserve > 0 && free < (wasLow ? reserve + reserve / 4 : reserve)
    }

    private static func space(of path: String) -> (free: Int64, size: Int64)? {
        var information = statvfs()
        guard statvfs(path, &information) == 0 else { return nil }
        let block = Int64(information.f_frsize)
        return (Int64(information.f_bavail) * block, Int64(information.f_blocks) * block)
    }
}
