extension JSONValue {
    /// The value with the literal references that are named replaced, everywhere in it.
    public func replacingReferences(by addresses: [String: String]) -> JSONValue {
        switch self {
        case .array(let elements): .array(elements.map { $0.replacingReferences(by: addresses) })
        case .object(let object):
            .object(
                JSONObject(
                    object.members.map { member in
                        if member.key == "reference", let text = member.value.string, let address = addresses[text] {
                            return (member.key, .string(address))
                        }
                        return (member.key, member.value.replacingReferences(by: addresses))
                    }))
        default: self
        }
    }
}

extension FHIRBundle {
    /// The bundle with searches (`Patient?identifier=…`) replaced by the addresses that a server has told, in the
    /// answer to an earlier bundle with the same searches, of what it found or created.
    public func resolved(by response: BundleResponse, to earlier: FHIRBundle) -> FHIRBundle {
        var addresses: [String: String] = [:]
        for (entry, outcome) in zip(earlier.entries, response.entries) {
            guard let search = entry.request?.search, let location = outcome.location,
                let address = Self.address(in: location, of: search.prefix { $0 != "?" })
            else { continue }
            addresses[search] = address
        }
        var bundle = self
        for index in bundle.entries.indices {
            if let address = bundle.entries[index].request.flatMap({ addresses[$0.url] }) {
                bundle.entries[index].request?.url = address
            }
            // A resource stays one when its references change.
            if let resource = bundle.entries[index].resource,
                let replaced = try? Resource(resource.value.replacingReferences(by: addresses))
            {
                bundle.entries[index].resource = replaced
            }
        }
        return bundle
    }

    /// `Type/id` out of a location, which may be absolute and name a version.
    private static func address(in location: String, of type: Substring) -> String? {
        let parts = location.split(separator: "/")
        guard let index = parts.lastIndex(of: type), index + 1 < parts.count,
            R4.isValid(String(parts[index + 1]), as: "id")
        else { return nil }
        return "\(type)/\(parts[index + 1])"
    }
}

extension FHIRBundle.Request {
    /// The search that decides what is meant: of a conditional request, or of a conditional create.
    fileprivate var search: String? {
        if let ifNoneExist { return "\(url)?\(ifNoneExist)" }
        return url.contains("?") ? url : nil
    }
}
