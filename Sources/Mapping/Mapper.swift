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
        let compiled = maps.compiled(
            application: header.sendingApplication, facility: header.sendingFacility, version: header.version)
        let structure = header.messageStructure
        guard let plan = compiled.events[header.type] ?? compiled.structures[structure] else {
            throw MapError(
                .noMap, "no map for messages of type \(header.type); add one in maps/messages or list the type in for:")
        }
        let run = MappingRun(message, compiled, compiled.messages[plan], options, receivedAt: microseconds)
        return try run.mapped()
    }

    /// The bundle alone.
    public func bundle(from message: Message, receivedAt microseconds: Int64) throws(MapError) -> FHIRBundle {
        try map(message, receivedAt: microseconds).bundle
    }
}

/// What came of a message.
public struct Mapped: Sendable {
    public var bundle: FHIRBundle
    public var loss: LossRecord
    /// Which row carried which value where; empty unless ``MappingOptions/explains``.
    public var explanation: [Explanation]
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
