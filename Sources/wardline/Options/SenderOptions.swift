internal import ArgumentParser
internal import HL7
internal import HL7Conformance
internal import Interfaces
internal import Mapping

/// The options that say as whose messages files are read.
struct SenderOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The interfaces folder whose rules to use.", valueName: "dir"))
    var interfaces: String?

    @Option(help: ArgumentHelp("The provider that the messages are from; needs --interfaces.", valueName: "provider"))
    var from: String?

    @Option(
        help: ArgumentHelp("How strictly to judge: lenient, standard or strict.", valueName: "level"),
        transform: Self.strictness)
    var strictness: Strictness?

    @Option(help: ArgumentHelp("The zone of times without an offset, as America/Chicago.", valueName: "name"))
    var timezone: String?

    private static func strictness(_ text: String) throws -> Strictness {
        guard let strictness = Strictness(rawValue: text) else {
            throw ValidationError("\(text) is not lenient, standard or strict.")
        }
        return strictness
    }

    func validate() throws {
        if from != nil, interfaces == nil { throw ValidationError("--from names a provider of --interfaces DIR.") }
        if let timezone, NamedTimeZone(timezone) == nil {
            throw ValidationError("\(timezone) is no time zone; write a name such as America/Chicago.")
        }
    }

    /// - Throws: `ExitCode.failure` after telling what is wrong with the folder.
    func sender() throws -> Sender {
        guard let interfaces else { return Sender(options: self, configuration: nil, provider: nil) }
        let (configuration, findings) = InterfaceFolder.load(interfaces)
        guard let configuration else {
            for finding in findings where finding.severity == .error { Output.error("\(finding)") }
            throw ExitCode.failure
        }
        guard let from else { return Sender(options: self, configuration: configuration, provider: nil) }
        guard let provider = configuration.provider(from) else {
            let names = configuration.providers.map(\.name).joined(separator: ", ")
            throw ValidationError("\(interfaces) has no provider \(from); it has: \(names).")
        }
        return Sender(options: self, configuration: configuration, provider: provider)
    }
}

extension SenderOptions {
    /// The profile with a name in the interfaces folder (`Interfaces` where none is given), or of a file.
    ///
    /// - Throws: `ExitCode.failure` after telling what is wrong with it.
    func profile(named name: String) throws -> Profile {
        let isPath = name.contains("/") || name.hasSuffix(".yaml")
        let path = isPath ? name : "\(interfaces ?? "Interfaces")/profiles/\(name).yaml"
        let (profile, findings) = InterfaceFolder.profile(at: path)
        guard let profile else {
            for finding in findings where finding.severity == .error { Output.error("\(finding)") }
            throw ExitCode.failure
        }
        return profile.profile
    }
}

/// Whose rules messages are read by.
struct Sender: Sendable {
    let configuration: Configuration?
    private let provider: Provider?
    private let strictness: Strictness?
    private let zone: NamedTimeZone?
    /// Takes the place of the sender's own.
    var profile: Profile?

    /// Nobody's: only what is built in is used.
    init(strictness: Strictness? = nil, zone: NamedTimeZone? = nil) {
        configuration = nil
        provider = nil
        self.strictness = strictness
        self.zone = zone
    }

    init(options: SenderOptions, configuration: Configuration?, provider: Provider?) {
        self.configuration = configuration
        self.provider = provider
        strictness = options.strictness
        zone = options.timezone.flatMap(NamedTimeZone.init)
    }

    /// The rule that fits a message: that of the named provider, or of the one that the message would be taken to be
    /// from; certificates are not asked for.
    private func rule(for message: Message) -> SenderRule? {
        let header = message.header
        let rules = provider.map { [$0] } ?? configuration?.providers ?? []
        let fitting = rules.flatMap(\.senders).filter {
            ($0.application ?? header.sendingApplication) == header.sendingApplication
                && ($0.facility ?? header.sendingFacility) == header.sendingFacility
        }
        // Without a fitting rule the named provider's first one: the command line said whose messages these are.
        return fitting.max { $0.headerParts < $1.headerParts } ?? provider?.senders.first
    }

    /// Parses a message with the character set that its sender uses.
    func message(_ bytes: [UInt8]) throws(ParseError) -> Message {
        let message = try Message(parsing: bytes)
        guard let charset = rule(for: message)?.charset else { return message }
        return try Message(parsing: bytes, fallback: charset)
    }

    func validator(for message: Message) -> Validator {
        let rule = rule(for: message)
        var validator = rule.flatMap { configuration?.validator(for: $0) } ?? Validator()
        if let processing = configuration?.broker.processing, rule == nil { validator.processingIDs = Set(processing) }
        if let strictness { validator.strictness = strictness }
        if let profile { validator.profile = profile }
        return validator
    }

    func timeZone(for message: Message) -> (any TimeZoneRule)? { namedZone(for: message) }

    /// What people call it.
    func timeZoneName(for message: Message) -> String? { namedZone(for: message)?.name }

    private func namedZone(for message: Message) -> NamedTimeZone? {
        if let zone { return zone }
        if case .named(let zone) = rule(for: message)?.timezone { return zone }
        return nil
    }

    /// The maps of the folder, or those that are built in.
    func maps() throws -> ResourceMaps { try configuration?.maps ?? ResourceMaps.builtIn() }

    func mappingOptions(for message: Message, explains: Bool = false) -> MappingOptions {
        MappingOptions(
            broker: configuration?.broker.name ?? "wardline", timeZone: timeZone(for: message),
            needsZones: rule(for: message) != nil,
            identifierPriority: rule(for: message)?.identifiers ?? MappingOptions.identifierPriority,
            configurationHash: configuration?.hash ?? "", explains: explains)
    }
}

extension SenderRule {
    fileprivate var headerParts: Int { (application == nil ? 0 : 1) + (facility == nil ? 0 : 1) }
}
