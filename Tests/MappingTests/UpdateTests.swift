import FHIR
import HL7
import Mapping
import Testing

/// Updates as patches: what a message states, as operations.
struct UpdateTests {
    private func mapped(
        _ event: String, _ lines: [String], ids: MappingOptions.IDs = .theirs, bundle: FHIRBundle.Kind = .transaction
    ) throws -> Mapped {
        let header = #"MSH|^~\&|APP|FAC|||20240305101500+0000||ADT^\#(event)|C1|P|2.5.1"#
        let message = try Message(parsing: Array(([header] + lines).joined(separator: "\r").utf8))
        let options = MappingOptions(ids: ids, updates: .patch, bundle: bundle)
        return try Mapper(try SampleMaps.builtIn.get(), options: options).map(
            message, receivedAt: SampleMaps.received)
    }

    /// The operations on the resource of a type, shortly: `delete PATH`, `add NAME VALUE`, `replace PATH VALUE`. An
    /// operation that is repeated is told once.
    private func operations(_ mapped: Mapped, on type: String) -> [String] {
        let entry = mapped.changes?.entries.first { $0.request?.url.hasPrefix(type) ?? false }
        var result: [String] = []
        for operation in entry?.resource?["parameter"]?.array ?? [] {
            var parts: [String: JSONObject] = [:]
            for part in operation["part"]?.array ?? [] { parts[part["name"]?.string ?? ""] = part.object }
            let kind = parts["type"]?["valueCode"]?.string ?? ""
            let path = parts["path"]?["valueString"]?.string ?? ""
            let members = parts["value"]?.members.filter { $0.key != "name" } ?? []
            let value = members.map { sorted($0.value).json() }.joined()
            let text =
                switch kind {
                case "add": "add \(parts["name"]?["valueString"]?.string ?? "") \(value)"
                default: value.isEmpty ? "\(kind) \(path)" : "\(kind) \(path) \(value)"
                }
            if result.last != text { result.append(text) }
        }
        return result
    }

    private func sorted(_ value: JSONValue) -> JSONValue {
        guard let object = value.object else { return value }
        return .object(JSONObject(object.members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
    }

    private static let pid = "PID|||1^^^&1.2.3&ISO^MR"

    @Test(arguments: [
        // A single element is deleted and added again.
        ("|||||F", ["delete Patient.gender", #"add gender "female""#]),
        ("||||19700101", ["delete Patient.birthDate", #"add birthDate "1970-01-01""#]),
        // A list that one field fills is put in the place of the old one.
        (
            "||||||||5 Elm^^Ames",
            ["delete Patient.address[0]", #"add address {"city":"Ames","line":["5 Elm"]}"#]
        ),
        // Of a list that several fields fill, only what means the same.
        (
            "||||||||||555-1234",
            [
                "delete Patient.telecom.where(system = 'phone' and use = 'home')[0]",
                #"add telecom {"system":"phone","use":"home","value":"555-1234"}"#,
            ]
        ),
        // The null deletes.
        (#"|||||"""#, ["delete Patient.gender"]),
        (#"||||||||"""#, ["delete Patient.address[0]"]),
        (#"||||||||||"""#, ["delete Patient.telecom.where(use = 'home')[0]"]),
        (#"|||||||||||"""#, ["delete Patient.telecom.where(use = 'work')[0]"]),
        (
            #"||||||||||||||"""#,
            ["delete Patient.extension.where(url = 'http://hl7.org/fhir/StructureDefinition/patient-religion')[0]"]
        ),
        // A choice is named without its type.
        (#"|||||||||||||||||||||||||||Y"#, ["delete Patient.deceased", "add deceased true"]),
    ])
    func `a field of A08 becomes operations on what it states, and no others`(
        fields: String, expected: [String]
    ) throws {
        let operations = operations(try mapped("A08", [Self.pid + fields]), on: "Patient")
        let identifier = operations.filter { $0.contains("identifier") }
        #expect(identifier.count == 2)
        #expect(Set(operations).subtracting(identifier) == Set(expected))
    }

    @Test func `what is known is created only if it is missing, and patched in a bundle of its own`() throws {
        let mapped = try mapped("A08", [Self.pid + "||A", "PV1||I|W^1^1|||||7^Who^Doc|||||||||||9^^^&1.2.4&ISO"])
        let requests = mapped.bundle.entries.compactMap(\.request)
        for (type, search) in [("Patient", "1.2.3%7C1"), ("Encounter", "1.2.4%7C9")] {
            let create = try #require(requests.first { $0.url == type })
            #expect(create.method == .post)
            #expect(create.ifNoneExist == "identifier=urn%3Aoid%3A\(search)")
        }
        let context = requests.filter { $0.url.hasPrefix("Practitioner") || $0.url.hasPrefix("Location") }
        #expect(context.count > 1 && context.allSatisfy { $0.method == .post && $0.ifNoneExist != nil })
        let changes = try #require(mapped.changes)
        #expect(
            changes.entries.compactMap(\.request?.url) == [
                "Patient?identifier=urn%3Aoid%3A1.2.3%7C1", "Encounter?identifier=urn%3Aoid%3A1.2.4%7C9",
            ])
        #expect(changes.entries.allSatisfy { $0.request?.method == .patch })
        // References cannot name entries of another bundle.
        #expect(!changes.json().contains("urn:uuid:"))
        #expect(changes.json().contains(#""reference":"Practitioner?identifier="#))
    }

    @Test func `the class and status of an encounter are replaced where the message states them`() throws {
        let stated = try mapped("A08", [Self.pid, "PV1||I|||||||||||||||||9^^^&1.2.4&ISO"])
        #expect(operations(stated, on: "Encounter").contains { $0.hasPrefix("replace Encounter.class") })
        let unsaid = try mapped("A08", [Self.pid, "PV1|||||||||||||||||||9^^^&1.2.4&ISO"])
        let changed = operations(unsaid, on: "Encounter").filter { !$0.contains("identifier") }
        #expect(changed == [])
    }

    @Test func `ids of ours become identifiers, since R4 creates nothing under a chosen id only if it is missing`()
        throws
    {
        let update = try mapped("A08", [Self.pid + "||A"], ids: .ours)
        let entry = try #require(update.bundle.entries.first { $0.resource?.type == "Patient" })
        let url = try #require(entry.fullUrl)
        let search = "identifier=urn%3Aietf%3Arfc%3A3986%7Curn%3Auuid%3A\(url.dropFirst(9))"
        #expect(entry.resource?.id == nil)
        #expect(entry.request?.ifNoneExist == search)
        #expect(
            entry.resource?["identifier"]?.array?.last == ["system": "urn:ietf:rfc:3986", "value": .string(url)])
        let admission = try mapped("A01", [Self.pid + "||A"], ids: .ours)
        #expect(admission.changes == nil)
        #expect(admission.bundle.entries.contains { $0.request?.url == "Patient?\(search)" })
    }

    @Test func `a null makes a patch of any event, for the resource that has it`() throws {
        let mapped = try mapped(
            "A01", [Self.pid + #"||A|||"""#, "PV1||I|||||||||||||||||9^^^&1.2.4&ISO"])
        #expect(operations(mapped, on: "Patient").contains("delete Patient.gender"))
        #expect(mapped.changes?.entries.count == 1)
        #expect(mapped.bundle.entries.contains { $0.request?.url == "Encounter?identifier=urn%3Aoid%3A1.2.4%7C9" })
    }

    @Test func `a null that does not say which element it means changes nothing, and is noted`() throws {
        let mapped = try mapped("A08", [Self.pid + #"||A||||"""#])
        #expect(!operations(mapped, on: "Patient").contains { $0.hasPrefix("delete Patient.name[") })
        #expect(mapped.loss.notes.contains { "\($0.location)".hasPrefix("PID-9") && $0.text.contains("null") })
    }

    @Test func `only transactions have changes`() throws {
        for kind in FHIRBundle.Kind.allCases {
            let changes = try mapped("A08", [Self.pid + "||A|||F"], bundle: kind).changes
            #expect((changes != nil) == (kind == .transaction))
        }
    }

    @Test(arguments: MappingOptions.IDs.allCases)
    func `both bundles of every update of the samples are valid`(ids: MappingOptions.IDs) throws {
        let home = #"|1 St^^T^^1||1^PRN^PH~^NET^Internet^a@b.c|""|EN|M|CAT|""|123-45-6789|||N||2||||20240101"#
        let visit = #"PV1||I|W^1^1||P5||1^A~2^B|3^C|4^D||""||||||||9^^^H|||||||||||||||||01||||||||20240301"#
        let lines = [
            Self.pid + "~2^^^H^PI||A^B~C^D^^^^^M||19700101|F|Z|2106-3" + home,
            "PD1|||Clinic^^1|5^Doc", "NK1||X^Y|SPO|2 St||555", visit, "PV2|||R^Reason",
            "OBX||NM|8302-2^H^LN||170|cm|||||F",
            "AL1||DA|P^Pen^L|SV|Rash", "DG1|1||I10^Hyp^I10|||A", "GT1|1||G^H", "IN1|1|P|Z|Insurer|||||||||||S^T|SEL",
        ]
        for event in ["A08", "A31"] {
            let mapped = try mapped(event, lines, ids: ids)
            #expect(FHIRCheck.findings(in: mapped.bundle.value) == [])
            let changes = try #require(mapped.changes)
            #expect(FHIRCheck.findings(in: changes.value) == [])
            #expect(changes.entries.count > 3)
            #expect(try self.mapped(event, lines, ids: ids).changes == changes)
        }
    }
}
