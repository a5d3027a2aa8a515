/// A server's answer to a transaction or batch: one outcome an entry, in the order of the request.
public struct BundleResponse: Hashable, Sendable {
    /// `Bundle.entry.response`.
    public struct Entry: Hashable, Sendable {
        /// The HTTP status at the start of `response.status`; nil if there is none.
        public var status: Int?
        /// Where the resource is now, such as `Patient/1/_history/2`.
        public var location: String?
        /// The issues of `response.outcome`, or of an OperationOutcome that stands in for the resource.
        public var outcome: String?

        /// Whether the status is 2xx.
        public var isSuccess: Bool { status.map { (200..<300).contains($0) } ?? false }
    }

    public var entries: [Entry]

    /// - Throws: ``ResourceError/notA(_:)`` unless the value is a Bundle of type `transaction-response` or
    ///   `batch-response`.
    public init(_ value: JSONValue) throws(ResourceError) {
        let resource = try Resource(value)
        let type = resource["type"]?.string
        guard resource.type == "Bundle", type == "transaction-response" || type == "batch-response" else {
            throw .notA("transaction-response Bundle")
        }
        entries = (resource["entry"]?.array ?? []).map(Entry.init)
    }

    /// Whether every entry of the request was carried out: as many outcomes as requests, each with a 2xx status.
    public func isSuccess(for request: FHIRBundle) -> Bool {
        entries.count == request.entries.count && entries.allSatisfy(\.isSuccess)
    }

    /// The position (from 0) of the first outcome that is not a success.
    public var firstFailure: Int? { entries.firstIndex { !$0.isSuccess } }
}

extension BundleResponse.Entry {
    fileprivate init(_ value: JSONValue) {
        let response = value["response"]
        status = response?["status"]?.string.flatMap(Self.code)
        location = response?["location"]?.string
        outcome = [response?["outcome"], value["resource"]].lazy.compactMap { $0.flatMap(OperationOutcome.text) }.first
    }

    /// The three digits at the start of `201 Created`.
    private static func code(in status: String) -> Int? {
        let digits = status.prefix { $0 != " " }
        guard digits.utf8.count == 3, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(digits)
    }
}
