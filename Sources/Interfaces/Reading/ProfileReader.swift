internal import HL7
internal import HL7Conformance
internal import Yams

/// `profiles/NAME.yaml`: what senders agree on beyond their version of HL7.
///
/// This file: the profile and what it stands on; `+Elements` what it says of elements, `+Sets` value sets, observations
/// and constraints, and its examples.
final class ProfileReader {
    /// A profile as its file says it, before what it extends is laid below it.
    private struct Draft {
        var source: ProfileSource
        var title: String
        var hasVersion: Bool
        var extends: String?
        var examples: [ProfileExample]
        var fields: YAMLFields
    }

    /// The folder that the paths of files are relative to.
    let base: String
    let findings: FindingList
    /// The contents of a file by its path below the folder, nil if it is not there.
    let contents: (String) -> [UInt8]?
    private var drafts: [String: Draft] = [:]
    private var finished: [String: ProfileSource] = [:]

    /// Value sets that elements list themselves, while one profile is read.
    var inlineSets: [ProfileSource.ValueSet] = []

    init(base: String, findings: FindingList, contents: @escaping (String) -> [UInt8]?) {
        self.base = base
        self.findings = findings
        self.contents = contents
    }

    /// The names read so far.
    var names: [String] { drafts.keys.sorted() }

    // MARK: Reading

    private static let keys = [
        "profile", "name", "version", "extends", "messages", "elements", "valueSets", "observations", "constraints",
        "examples",
    ]

    /// Reads a file.
    ///
    /// - Returns: the name of its profile with the fields that say it, or nil, with the reason noted.
    func read(_ file: Configuration.File) -> (name: String, fields: YAMLFields)? {
        guard let node = YAMLDocument.node(of: file, findings: findings),
            let fields = YAMLFields(node, file.name, findings, what: "a profile", keys: Self.keys),
            let name = fields.name("profile", example: FolderReader.stem(of: file.name))
        else { return nil }
        inlineSets = []
        let version = version(fields)
        var source = ProfileSource(name: name, version: version ?? .v2_5_1, origin: origin(fields.place("profile")))
        source.messages = messages(fields)
        source.elements = elements(fields, "elements")
        source.observations = observations(fields)
        source.constraints = constraints(fields)
        source.valueSets = valueSets(fields) + inlineSets
        drafts[name] = Draft(
            source: source, title: fields.text("name") ?? name, hasVersion: fields.has("version"),
            extends: fields.text("extends"), examples: examples(fields), fields: fields)
        return (name, fields)
    }

    /// The profile that one extends, so that a single file can be read with what it stands on.
    func parent(of name: String) -> String? { drafts[name]?.extends }

    func origin(_ place: Place) -> ProfileSource.Origin { ProfileSource.Origin(file: place.file, line: place.line) }

    private func version(_ fields: YAMLFields) -> Version? {
        guard let text = fields.text("version") else {
            if !fields.has("extends") {
                findings.error(fields.place, "the key \"version\" is missing; write version: \"2.5.1\"")
            }
            return nil
        }
        if let version = Version(rawValue: text) { return version }
        let versions = Version.allCases.map(\.rawValue).joined(separator: ", ")
        fields.error("version", "there is no version \(text); write one of \(versions), in quotes")
        return nil
    }

    private func messages(_ fields: YAMLFields) -> [ProfileSource.Message] {
        guard let node = fields.node("messages") else {
            if !fields.has("extends") {
                findings.error(fields.place, "the key \"messages\" is missing; write messages: [ADT^A01]")
            }
            return []
        }
        guard node.mapping != nil else {
            return (fields.texts("messages") ?? []).map { text, place in
                ProfileSource.Message(text, origin: origin(place))
            }
        }
        guard let named = YAMLFields(node, fields.file, findings, what: "messages") else { return [] }
        return named.keys.map { type in
            var message = ProfileSource.Message(type, origin: origin(named.place(type)))
            // A message without anything particular has no value.
            guard let node = named.node(type), node.scalar?.string != "",
                let own = YAMLFields(
                    node, fields.file, findings, what: "a message", keys: ["structure", "elements", "constraints"])
            else { return message }
            message.structure = own.text("structure")
            message.elements = elements(own, "elements")
            message.constraints = constraints(own)
            return message
        }
    }

    // MARK: Compiling

    /// The profiles that could be compiled, by name; what is wrong with the others is noted.
    func compiled() -> [String: ConformanceProfile] {
        var profiles: [String: ConformanceProfile] = [:]
        for name in names { profiles[name] = compiled(name) }
        return profiles
    }

    func compiled(_ name: String) -> ConformanceProfile? {
        guard let draft = drafts[name], let source = source(name, below: []) else { return nil }
        // Without it, everything said of elements might be wrong only because of the version.
        guard draft.hasVersion || draft.extends != nil else { return nil }
        do throws(ProfileError) {
            let profile = try Profile(source)
            return ConformanceProfile(profile: profile, title: draft.title, examples: draft.examples)
        } catch {
            for mistake in error.mistakes {
                let place = mistake.origin.map { Place(file: $0.file, line: $0.line) } ?? draft.fields.place
                findings.error(place, mistake.text)
            }
            return nil
        }
    }

    /// A profile with all that it extends below it; nil, with the reason noted, if that cannot be found.
    private func source(_ name: String, below: [String]) -> ProfileSource? {
        if let done = finished[name] { return done }
        guard let draft = drafts[name] else { return nil }
        guard let parentName = draft.extends else {
            finished[name] = draft.source
            return draft.source
        }
        if parentName == name || below.contains(parentName) {
            draft.fields.error("extends", "\(parentName) extends this profile in turn; break the circle")
            return nil
        }
        guard drafts[parentName] != nil else {
            let remedy = Spelling.nearest(to: parentName, among: names).map { "write \($0)" }
            draft.fields.error(
                "extends", "there is no profile \(parentName); \(remedy ?? "write profiles/\(parentName).yaml")")
            return nil
        }
        guard let parent = source(parentName, below: below + [name]) else { return nil }
        var source = draft.source.extending(parent)
        if !draft.hasVersion { source.version = parent.version }
        finished[name] = source
        return source
    }
}
