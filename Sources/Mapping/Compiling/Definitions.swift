import FHIR

/// The R4 definitions as maps see them: a target may also be a backbone element, `Observation.component`.
enum Definitions {
    static func element(_ target: String, _ path: String) -> R4Element? {
        let (type, path) = whole(target, path)
        return R4.element(type, path)
    }

    static func elements(_ target: String, _ path: String = "") -> [String] {
        let (type, path) = whole(target, path)
        return R4.elements(type, path)
    }

    static func required(_ target: String, _ path: String = "") -> [String] {
        let (type, path) = whole(target, path)
        return R4.required(type, path)
    }

    /// Whether something can be written into it: a resource, a complex type or a backbone element.
    static func isComplex(_ target: String) -> Bool {
        guard target.contains(".") else { return R4.isType(target) && !R4.isPrimitive(target) }
        let (type, path) = whole(target, "")
        return R4.element(type, path).map { $0.types.count == 1 && !R4.isPrimitive($0.types[0]) } ?? false
    }

    private static func whole(_ target: String, _ path: String) -> (type: String, path: String) {
        guard let dot = target.firstIndex(of: ".") else { return (target, path) }
        let base = String(target[target.index(after: dot)...])
        return (String(target[..<dot]), path.isEmpty ? base : base + "." + path)
    }
}
