public import HL7

/// A conformance profile, compiled: usage, cardinality, length, values and conditions on top of a version.
///
/// Compile one when it is read and keep it; copying is a retain. Hand it to a ``Validator``.
public struct Profile: Sendable {
    public let name: String
    public let version: Version
    /// The messages that it is for, as `ADT^A01`, in the order written.
    public let messages: [String]

    /// The version's definitions with what the profile defines itself: Z segments, fields and their types.
    let definitions: DefinitionSet
    /// What it calls places, by `ZPI-2`.
    let names: [String: String]
    let plans: [String: ProfilePlan]
    /// By OBX-3.1.
    let observations: [String: ObservationPlan]

    /// Compiles what an author wrote.
    ///
    /// - Throws: ``ProfileError`` with everything that is wrong with it.
    public init(_ source: ProfileSource) throws(ProfileError) {
        var compiler = ProfileCompiler(source)
        plans = compiler.plans()
        observations = compiler.observations()
        definitions = compiler.definitions
        names = compiler.local.names
        guard compiler.mistakes.isEmpty else { throw ProfileError(mistakes: compiler.mistakes) }
        name = source.name
        version = source.version
        messages = source.messages.map(\.type)
    }

    /// What is asked of messages of a type; nil if the profile is not for them.
    func plan(for header: Header) -> ProfilePlan? { plans[header.type] }

    /// ``messages`` as text, the first few of them.
    var messageList: String {
        let shown = messages.prefix(12).joined(separator: ", ")
        return messages.count > 12 ? "\(shown) and \(messages.count - 12) more" : shown
    }
}

extension Profile {
    /// The definitions that values are checked by: the profile's own if the message is of its version.
    func definitions(for version: Version) -> DefinitionSet {
        version == self.version ? definitions : Definitions.set(version)
    }

    /// Adds what the profile finds in a message of a version.
    func check(_ message: Message, _ version: Version, _ report: inout Report) {
        if version != self.version {
            report.add(
                .profileVersion, Location(segment: "MSH", field: 12, repetition: 1, component: 1),
                "the version is not \(self.version), which the profile \(name) is for")
        }
        guard let grouped = report.profiled else {
            report.add(
                .profileMessage, Location(segment: "MSH", field: 9),
                "the message is none of the profile \(name): \(messageList)")
            return
        }
        let stated = message.header.messageStructure
        if grouped.plan.hasOwnStructure, let structure = grouped.plan.structure?.name,
            !["", structure].contains(stated)
        {
            report.add(
                .profileValue, Location(segment: "MSH", field: 9, repetition: 1, component: 3),
                "MSH-9.3 is not \(structure), as the profile \(name) asks")
        }
        var check = ProfileCheck(self, grouped, report)
        check.check()
        report = check.report
    }
}
