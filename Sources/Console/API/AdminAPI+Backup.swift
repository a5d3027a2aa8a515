extension AdminAPI {
    /// `POST backups`: a copy of the data folder that was made.
    package struct Backup: Codable, Sendable {
        package var file: String
        package var bytes: Int64
        package var lastSeq: Int64
        package var lastEvent: Int64
        package var queued: Int
        package var held: Int
        package var seconds: Double

        package init(
            file: String, bytes: Int64, lastSeq: Int64, lastEvent: Int64, queued: Int, held: Int, seconds: Double
        ) {
            self.file = file
            self.bytes = bytes
            self.lastSeq = lastSeq
            self.lastEvent = lastEvent
            self.queued = queued
            self.held = held
            self.seconds = seconds
        }
    }
}
