/// Decides when a connection has been too slow. Times are monotonic, counted from any fixed moment;
/// the owner wakes at ``deadline`` and asks ``expired(at:)``.
struct ConnectionClock: Sendable {
    enum Expiry: Hashable, Sendable {
        case handshake  // TLS took too long
        case silence  // nothing followed an end byte
        case frame(FrameError.Code)  // the frame in progress stalled or is too slow
        case write  // the peer takes nothing
        case linger  // the peer did not close after us
    }

    private struct Progress {
        var began: Duration
        var lastByte: Duration
        var bytes: Int
        var awaitsSilence: Bool
    }

    private let limits: MLLPLimits
    private var handshakeEnd: Duration?
    private var progress: Progress?
    private var pausedAt: Duration?
    private var writeEnd: Duration?
    private var lingerEnd: Duration?

    init(limits: MLLPLimits) {
        self.limits = limits
    }

    /// When to ask next; nil while nothing can expire.
    var deadline: Duration? {
        var earliest = handshakeEnd
        for candidate in [frameDeadline, writeEnd, lingerEnd] {
            guard let candidate else { continue }
            earliest = min(earliest ?? candidate, candidate)
        }
        return earliest
    }

    mutating func handshakeBegan(at now: Duration) { handshakeEnd = now + limits.handshakeTime }

    mutating func handshakeEnded() { handshakeEnd = nil }

    /// Bytes arrived and left a frame in progress.
    /// - Parameter isNew: false if it is the frame that was in progress before these bytes.
    mutating func frameContinued(bytes: Int, isNew: Bool, awaitsSilence: Bool, at now: Duration) {
        let began = isNew ? now : progress?.began ?? now
        progress = Progress(began: began, lastByte: now, bytes: bytes, awaitsSilence: awaitsSilence)
    }

    /// No frame is in progress.
    mutating func frameEnded() { progress = nil }

    /// We stopped reading: the frame's time stands still.
    mutating func readingPaused(at now: Duration) {
        if pausedAt == nil { pausedAt = now }
    }

    mutating func readingResumed(at now: Duration) {
        guard let pausedAt else { return }
        self.pausedAt = nil
        progress?.began += now - pausedAt
        progress?.lastByte += now - pausedAt
    }

    mutating func writingBlocked(at now: Duration) {
        if writeEnd == nil { writeEnd = now + limits.writeStallTime }
    }

    mutating func writingContinued() { writeEnd = nil }

    /// We ended our side and wait for the peer; nothing else is timed from now on.
    mutating func lingerBegan(at now: Duration) {
        self = ConnectionClock(limits: limits)
        lingerEnd = now + limits.lingerTime
    }

    /// What has run out at `now`. Each expiry is returned once.
    mutating func expired(at now: Duration) -> Expiry? {
        if let lingerEnd, now >= lingerEnd {
            self.lingerEnd = nil
            return .linger
        }
        if let handshakeEnd, now >= handshakeEnd {
            self.handshakeEnd = nil
            return .handshake
        }
        if let writeEnd, now >= writeEnd {
            self.writeEnd = nil
            return .write
        }
        guard let progress, let frameDeadline, now >= frameDeadline else { return nil }
        self.progress = nil
        if progress.awaitsSilence { return .silence }
        return .frame(now >= progress.lastByte + limits.frameStallTime ? .stalled : .tooSlow)
    }

    /// The moment at which the frame in progress fails if no further byte arrives.
    private var frameDeadline: Duration? {
        guard let progress, pausedAt == nil else { return nil }
        if progress.awaitsSilence { return progress.lastByte + limits.endSilence }
        let stall = progress.lastByte + limits.frameStallTime
        let earned = Duration.seconds(1) * progress.bytes / max(1, limits.frameBytesPerSecondMin)
        return min(stall, progress.began + max(limits.frameStallTime, earned))
    }
}
