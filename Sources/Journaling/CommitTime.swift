/// How long one transaction of the writer took, in nanoseconds.
package struct CommitTime: Hashable, Sendable {
    /// From its begin to its end on disk.
    package var transaction: Int64
    /// The part of it that wrote the log and waited for the disk (`fdatasync`).
    package var sync: Int64
    /// Operations in it.
    package var operations: Int

    package init(transaction: Int64, sync: Int64, operations: Int) {
        self.transaction = transaction
        self.sync = sync
        self.operations = operations
    }
}
