/// What a reference inside a bundle can point to.
struct BundleIndex {
    /// Resource type by fullUrl; nil for an entry without a resource.
    private(set) var typeByFullURL: [String: String?] = [:]
    /// `Type/id` of every entry, of the bundle itself, and of the end of every fullUrl.
    private(set) var typesAndIDs: Set<String> = []
    /// `Type/id` of the resources alone: each must be there once.
    private var resourceIDs: Set<String> = []

    /// False if the fullUrl was there before.
    mutating func insert(fullURL: String, type: String?) -> Bool {
        let isNew = typeByFullURL.updateValue(type, forKey: fullURL) == nil
        let parts = fullURL.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count > 2 { typesAndIDs.insert("\(parts[parts.count - 2])/\(parts[parts.count - 1])") }
        return isNew
    }

    /// False if a resource of that type and id was there before.
    mutating func insert(type: String, id: String) -> Bool {
        let key = "\(type)/\(id)"
        typesAndIDs.insert(key)
        return resourceIDs.insert(key).inserted
    }
}

// MARK: Rules about entries

extension CheckWalker {
    /// Checks the entries of a bundle (bdl-3, bdl-4, bdl-7, bdl-11, bdl-12) and notes what references can point to.
    mutating func checkBundle() {
        guard let bundle = root.object, let type = bundle["resourceType"]?.string else { return }
        if let id = bundle["id"]?.string, !id.isEmpty { _ = index.insert(type: type, id: id) }
        guard type == "Bundle" else { return }
        let kind = bundle["type"]?.string ?? ""
        let entries = (bundle["entry"]?.array ?? []).compactMap(\.object)
        for (position, entry) in entries.enumerated() {
            let place = "Bundle.entry[\(position)]"
            checkIdentity(of: entry, in: kind, at: place)
            checkParts(of: entry, in: kind, at: place)
        }
        let first = entries.first?["resource"]?["resourceType"]?.string
        if kind == "message" && first != "MessageHeader" {
            report(.bundle, "bdl-12: the first entry of a message must be a MessageHeader", at: "Bundle.entry[0]")
        }
        if kind == "document" && first != "Composition" {
            report(.bundle, "bdl-11: the first entry of a document must be a Composition", at: "Bundle.entry[0]")
        }
    }

    private mutating func checkIdentity(of entry: JSONObject, in kind: String, at place: String) {
        let type = entry["resource"]?["resourceType"]?.string
        let id = entry["resource"]?["id"]?.string
        if let fullURL = entry["fullUrl"]?.string, !fullURL.isEmpty {
            if !index.insert(fullURL: fullURL, type: type) {
                report(.bundle, "bdl-7: an earlier entry has the same fullUrl", at: place)
            }
            checkForm(of: fullURL, type: type, id: id, at: place)
        } else if !["transaction", "batch", "transaction-response", "batch-response", "history"].contains(kind) {
            report(
                .bundle, "fullUrl is missing; only entries of transactions, batches and histories may lack it",
                at: place)
        }
        if let type, let id, !id.isEmpty, !index.insert(type: type, id: id) {
            report(.bundle, "an earlier entry is a \(type) with the same id", at: place)
        }
    }

    private mutating func checkForm(of fullURL: String, type: String?, id: String?, at place: String) {
        if fullURL.hasPrefix("urn:uuid:") {
            if !R4Format.isUUID(fullURL) { report(.bundle, "fullUrl is not a UUID in lower case", at: place) }
        } else if fullURL.hasPrefix("http://") || fullURL.hasPrefix("https://") {
            if let id, !id.isEmpty, !fullURL.hasSuffix("\(type ?? "")/\(id)") {
                report(.bundle, "fullUrl does not end with the resource's type and id", at: place)
            }
        } else if !fullURL.hasPrefix("urn:oid:") {
            report(.bundle, "fullUrl is not absolute: urn:uuid:, urn:oid:, http: or https: is expected", at: place)
        }
    }

    private mutating func checkParts(of entry: JSONObject, in kind: String, at place: String) {
        let hasResource = entry["resource"]?.object.map { !$0.isEmpty } ?? false
        if !hasResource && ["message", "collection", "document", "searchset"].contains(kind) {
            report(.bundle, "an entry of this type of bundle needs a resource", at: place)
        }
        let hasRequest = entry["request"].map(Self.hasContent) ?? false
        if !hasRequest && (kind == "transaction" || kind == "batch") {
            report(.bundle, "bdl-3: request is missing", at: place)
        }
        if hasRequest && !["transaction", "batch", "history"].contains(kind) {
            report(.bundle, "bdl-3: request is not allowed in a bundle of this type", at: place)
        }
        let hasResponse = entry["response"].map(Self.hasContent) ?? false
        if hasResponse && !["batch-response", "transaction-response", "history"].contains(kind) {
            report(.bundle, "bdl-4: response is not allowed in a bundle of this type", at: place)
        }
    }

    /// Whether a member says anything at all; its form is checked with the other elements.
    static func hasContent(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .bool(false): false
        case .string(let text): !text.isEmpty
        case .array(let elements): !elements.isEmpty
        case .object(let object): !object.isEmpty
        default: true
        }
    }
}
