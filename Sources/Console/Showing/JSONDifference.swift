import FHIR

/// The places whose values differ between two JSON values: `Patient[1].name[0].family`.
enum JSONDifference {
    /// Of two bundles, resource by resource: the number counts resources of a type from 1.
    static func places(_ old: JSONValue, _ new: JSONValue) -> [String] {
        guard let before = resources(old), let after = resources(new) else { return places(old, new, at: "") }
        let names =
            before.map { $0.name } + after.map { $0.name }.filter { name in !before.contains { $0.name == name } }
        return names.flatMap { name in
            places(
                before.first { $0.name == name }?.value, after.first { $0.name == name }?.value, at: name)
        }
    }

    private static func resources(_ bundle: JSONValue) -> [(name: String, value: JSONValue)]? {
        guard let entries = bundle["entry"]?.array else { return nil }
        var counts: [String: Int] = [:]
        return entries.compactMap { entry in
            guard let resource = entry["resource"], let type = resource["resourceType"]?.string else { return nil }
            counts[type, default: 0] += 1
            return ("\(type)[\(counts[type] ?? 1)]", resource)
        }
    }

    private static func places(_ old: JSONValue?, _ new: JSONValue?, at place: String) -> [String] {
        if old == new { return [] }
        if let before = old?.object, let after = new?.object {
            let names = before.keys + after.keys.filter { before[$0] == nil }
            return names.flatMap { places(before[$0], after[$0], at: place.isEmpty ? $0 : "\(place).\($0)") }
        }
        if let before = old?.array, let after = new?.array {
            return (0..<max(before.count, after.count)).flatMap { index in
                places(
                    before.indices.contains(index) ? before[index] : nil,
                    after.indices.contains(index) ? after[index] : nil, at: "\(place)[\(index)]")
            }
        }
        return [place]
    }
}
