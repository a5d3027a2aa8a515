extension AdminAPI {
    /// `GET deliveries/{seq}/{endpoint}/diff`: what an endpoint was or would be sent, against what was received.
    package struct Difference: Codable, Sendable {
        package var seq: Int64
        package var endpoint: String
        /// `queued`, `held`, `delivered`, `skipped`
        package var state: String
        /// `hl7` or `fhir`
        package var form: String
        /// `kept`: the bytes that were stored when they were sent; `rebuilt`: made again by the configuration of that time;
        /// `planned`: not sent yet
        package var origin: String
        /// Whether the bytes are those that were sent, by their SHA-256; left out: nothing was sent yet.
        package var asSent: Bool?
        /// Byte for byte as received.
        package var unchanged: Bool
        package var changes: [Change]
        /// Why there is nothing to compare with.
        package var problem: String?

        /// HL7 v2: a place whose value differs. FHIR: a value of the message, with the elements that carry it.
        package struct Change: Codable, Sendable {
            package var location: String
            package var name: String
            package var received: String?
            package var sent: String?
            package var elements: [String]?
            /// No element carries it.
            package var lost: Bool?
        }
    }
}
