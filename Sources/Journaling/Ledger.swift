/// Counts kept by the hour beside the entries.
package enum Counter: String, Hashable, Sendable, CaseIterable {
    /// Frames received. The journal counts those it is given; intake counts only empty ones (``emptyFrame``).
    case frame
    case emptyFrame
    /// Bytes between frames.
    case skippedByte
    /// Duplicates that were frames of their own.
    case duplicate
    /// Duplicates inside a batch frame.
    case duplicateInBatch
    case connectionRefused
    /// Bytes of messages that are kept, as they came in and as they were sent. What is removed counts less.
    case textByte
}

/// What came in and what became of it. Both sides of each equation are counted apart.
package struct Ledger: Hashable, Sendable {
    /// Frames, counted as they came.
    package var frames = 0
    package var emptyFrames = 0
    package var framingErrors = 0
    package var batches = 0
    /// Messages that were a frame of their own, without duplicates.
    package var singles = 0
    /// Messages inside batches, without duplicates.
    package var batched = 0
    package var refused = 0
    package var duplicate = 0
    /// Of ``duplicate``, those inside batches.
    package var duplicateInBatch = 0
    package var acknowledgement = 0
    package var filtered = 0
    package var unrouted = 0
    /// Held at intake and not released, dismissed ones included.
    package var heldAtIntake = 0
    /// Accepted and neither filtered nor unrouted.
    package var accepted = 0
    /// Of ``accepted``, those the router has not seen yet.
    package var pending = 0
    /// Queries passed through to a receiver; their answers are ``answers``.
    package var queries = 0
    /// Entries sent again by a person; not part of ``messages``.
    package var resent = 0
    /// Application acknowledgements with a delivery of their own, and responses to queries; not part of ``messages``.
    package var answers = 0
    /// Deliveries that the router said it made.
    package var deliveriesExpected = 0
    package var queued = 0
    package var held = 0
    package var delivered = 0
    package var skipped = 0
    package var skippedBytes = 0

    package init() {}

    package var messages: Int { singles + batched + duplicate }
    package var deliveries: Int { queued + held + delivered + skipped }
    /// Whether every frame, message and delivery is accounted for.
    package var isBalanced: Bool {
        frames == framingErrors + batches + singles + duplicate - duplicateInBatch
            && messages == refused + duplicate + acknowledgement + filtered + unrouted + heldAtIntake + accepted
                + queries
            && deliveries == deliveriesExpected
    }
}
