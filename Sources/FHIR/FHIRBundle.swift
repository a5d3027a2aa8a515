/// A FHIR bundle to be sent: entries in order, each with its resource and what the receiver shall do with it.
public struct FHIRBundle: Hashable, Sendable {
    /// `Bundle.type`, of those that are sent.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case transaction, batch, collection, message
    }

    /// `Bundle.entry`.
    public struct Entry: Hashable, Sendable {
        /// `urn:uuid:…` or the absolute address that other entries refer to.
        public var fullUrl: String?
        public var resource: Resource?
        /// What to do; only in transactions and batches.
        public var request: Request?

        public init(fullUrl: String? = nil, resource: Resource? = nil, request: Request? = nil) {
            self.fullUrl = fullUrl
            self.resource = resource
            self.request = request
        }
    }

    /// `Bundle.entry.request`.
    public struct Request: Hashable, Sendable {
        public enum Method: String, Hashable, Sendable, CaseIterable {
            case get = "GET"
            case head = "HEAD"
            case post = "POST"
            case put = "PUT"
            case delete = "DELETE"
            case patch = "PATCH"
        }

        public var method: Method
        /// Below the server's base address: `Patient`, `Patient/1` or `Patient?identifier=system|value`.
        public var url: String
        /// With POST: the search under which the server must find nothing; without `Type?`.
        public var ifNoneExist: String?
        /// With PUT or PATCH: the version that the server must hold, such as `W/"2"`.
        public var ifMatch: String?

        public init(method: Method, url: String, ifNoneExist: String? = nil, ifMatch: String? = nil) {
            self.method = method
            self.url = url
            self.ifNoneExist = ifNoneExist
            self.ifMatch = ifMatch
        }
    }

    public var type: Kind
    public var id: String?
    /// An `Identifier`, which bundles of documents and messages carry.
    public var identifier: JSONValue?
    /// When the bundle was put together: a FHIR instant.
    public var timestamp: String?
    public var entries: [Entry]

    public init(
        type: Kind, id: String? = nil, identifier: JSONValue? = nil, timestamp: String? = nil, entries: [Entry] = []
    ) {
        self.type = type
        self.id = id
        self.identifier = identifier
        self.timestamp = timestamp
        self.entries = entries
    }

    /// The bundle as a JSON value.
    public var value: JSONValue {
        var object: JSONObject = ["resourceType": "Bundle"]
        if let id { object["id"] = .string(id) }
        if let identifier { object["identifier"] = identifier }
        object["type"] = .string(type.rawValue)
        if let timestamp { object["timestamp"] = .string(timestamp) }
        if !entries.isEmpty { object["entry"] = .array(entries.map(\.value)) }
        return .object(object)
    }

    /// The bundle as JSON text.
    public func json(indented: Bool = false) -> String { value.json(indented: indented) }

    /// The bundle as compact JSON text in UTF-8.
    public var bytes: [UInt8] { value.bytes() }

    /// The resources of the entries, in order.
    public var resources: [Resource] { entries.compactMap(\.resource) }
}

extension FHIRBundle.Entry {
    var value: JSONValue {
        var object = JSONObject()
        if let fullUrl { object["fullUrl"] = .string(fullUrl) }
        if let resource { object["resource"] = resource.value }
        if let request { object["request"] = request.value }
        return .object(object)
    }

    fileprivate init?(_ value: JSONValue) {
        guard let object = value.object else { return nil }
        fullUrl = object["fullUrl"]?.string
        if let resource = object["resource"] {
            do { self.resource = try Resource(resource) } catch { return nil }
        }
        if let request = object["request"] {
            guard let request = FHIRBundle.Request(request) else { return nil }
            self.request = request
        }
    }
}

extension FHIRBundle.Request {
    var value: JSONValue {
        var object: JSONObject = ["method": .string(method.rawValue), "url": .string(url)]
        if let ifMatch { object["ifMatch"] = .string(ifMatch) }
        if let ifNoneExist { object["ifNoneExist"] = .string(ifNoneExist) }
        return .object(object)
    }

    fileprivate init?(_ value: JSONValue) {
        guard let method = value["method"]?.string.flatMap(Method.init(rawValue:)), let url = value["url"]?.string
        else { return nil }
        self.init(
            method: method, url: url, ifNoneExist: value["ifNoneExist"]?.string, ifMatch: value["ifMatch"]?.string)
    }
}

extension FHIRBundle {
    /// Reads a bundle of one of the types that are sent. Elements without a property here are left out.
    ///
    /// - Throws: ``ResourceError`` if it is not such a bundle; ``FHIRCheck`` says what is wrong in detail.
    public init(_ value: JSONValue) throws(ResourceError) {
        let resource = try Resource(value)
        guard resource.type == "Bundle" else { throw .notA("Bundle") }
        guard let kind = resource["type"]?.string.flatMap(Kind.init(rawValue:)) else { throw .bundleType }
        var entries: [Entry] = []
        for (index, entry) in (resource["entry"]?.array ?? []).enumerated() {
            guard let entry = Entry(entry) else { throw .bundleEntry(index) }
            entries.append(entry)
        }
        self.init(
            type: kind, id: resource.id, identifier: resource["identifier"],
            timestamp: resource["timestamp"]?.string, entries: entries)
    }
}
