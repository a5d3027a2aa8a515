public import FHIR
public import HL7

/// Maps HL7 v2 messages to FHIR bundles.
///
///     let mapper = Mapper(try ResourceMaps(folder: "Interfaces/maps"))
///     let mapped = try mapper.map(message, receivedAt: microseconds)
///     print(mapped.bundle.json(indented: true), mapped.loss.lost)
///
/// A value without state: the same bytes, maps, options and receive time give the same bundle, byte for byte.
public struct Mapper: Sendable {
    public let maps: ResourceMaps
    public let options: MappingOptions

    public init(_ maps: ResourceMaps, options: MappingOptions = MappingOptions()) {
        self.maps = maps
        self.options = options
    }

    /// Maps one message.
    ///
    /// - Parameter microseconds: when the broker received it, in microseconds since 1970 UTC.
    /// - Throws: ``MapError/Code/noMap`` or ``MapError/Code/tooManyResources``.
    public func map(_ message: Message, receivedAt microseconds: Int64) throws(MapError) -> Mapped {
        let header = message.header
        let loaded = maps.plan(
            application: header.sendingApplication, facility: header.sendingFacility, version: header.version)
        let own = loaded.events[header.type] ?? loaded.structures[header.messageStructure]
        guard let index = own ?? Self.fallback(message, loaded) else {
            throw MapError(
                .noMap, "no map for messages of type \(header.type); add one in maps/messages or list the type in for:")
        }
        let array = message.indexedBytes
        return try array.withUnsafeBufferPointer { bytes throws(MapError) in
            var run = MappingRun(
                message, bytes: bytes, array: array, loaded, message: index, options, receivedAt: microseconds)
            defer { run.free() }
            if own == nil { run.noteFallback() }
            return try run.mapped()
        }
    }

    /// For a type that no map names: the map of its message code (`ADT^*`), else, if it is about a patient, the map that
    /// goes by the segments alone (`*`). What a type of the site's own (`Z…`) means nobody else knows.
    private static func fallback(_ message: Message, _ loaded: LoadedPlan) -> Int? {
        let type = message.header.type
        let code = type.prefix { $0 != "^" }
        guard !code.isEmpty, code != "ACK", !code.hasPrefix("Z"), !type.contains("^Z") else { return nil }
        return loaded.events[code + "^*"]
            ?? (message.segments("PID").contains { $0.fieldCount >= 3 } ? loaded.events["*"] : nil)
    }

    /// The bundle alone.
    public func bundle(from message: Message, receivedAt microseconds: Int64) throws(MapError) -> FHIRBundle {
        try map(message, receivedAt: microseconds).bundle
    }
}

/// What came of a message.
public struct Mapped: Sendable {
    /// The bundle as compact JSON in UTF-8, as it is sent.
    public let bytes: [UInt8]
    /// How many entries the bundle has.
    public let entryCount: Int
    /// Whether the bundle says anything beyond that there was a message.
    public let hasContent: Bool
    public let loss: LossRecord
    /// A second bundle, to be sent when the first has been accepted: `PATCH`es with what the message states of resources
    /// that the server may have had already. Nil unless ``MappingOptions/Updates/patch`` and the message is an update.
    public let changes: FHIRBundle?
    /// Which row carried which value where; empty unless ``MappingOptions/explains``.
    public let explanation: [Explanation]
    private let type: FHIRBundle.Kind

    init(
        bytes: [UInt8], entryCount: Int, hasContent: Bool, type: FHIRBundle.Kind, loss: LossRecord,
        changes: FHIRBundle?,
        explanation: [Explanation]
    ) {
        self.bytes = bytes
        self.entryCount = entryCount
        self.hasContent = hasContent
        self.type = type
        self.loss = loss
        self.changes = changes
        self.explanation = explanation
    }

    /// The bundle as values, read from ``bytes`` each time it is asked for.
    public var bundle: FHIRBundle {
        // What was just written is JSON and a bundle.
        guard let value = try? JSONReader.value(from: bytes), let bundle = try? FHIRBundle(value) else {
            return FHIRBundle(type: type)
        }
        return bundle
    }
}

/// One step of a mapping: row → value → path.
public struct Explanation: Hashable, Sendable, CustomStringConvertible {
    /// The map, such as `PID-Patient`.
    public var map: String
    /// The row's id.
    public var row: String
    /// Where the value is in the message.
    public var location: Location
    /// Where it is in the bundle: `Patient[1].name[0].family`; the number counts resources of the type from 1.
    public var path: String

    public var description: String { "\(map)/\(row): \(location) -> \(path)" }
}
