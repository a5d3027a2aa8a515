import FHIR
import HL7
import Mapping
import Testing

/// Which resource a message is about: ids that repeat, and ids that never meet.
struct IdentityTests {
    private static let rows = """
        - { id: a, from: "PID-3[*].1", to: "identifier[+].value" }
        - { id: b, from: PID-5.1, to: "name[+].family" }
        """

    private func mapped(
        _ pid: String, control: String = "C1", facility: String = "FAC",
        key: String = #"key: [{ id: "PID-3[*]", as: CX }]"#,
        options: MappingOptions = MappingOptions()
    ) throws -> FHIRBundle {
        let files = SampleMaps.patient(Self.rows, header: key)
        let header = #"MSH|^~\&|APP|\#(facility)|||20240305101500||ADT^A01|\#(control)|P|2.5.1"#
        let message = try Message(parsing: Array("\(header)\r\(pid)".utf8))
        return try Mapper(try ResourceMaps(files), options: options).bundle(
            from: message, receivedAt: SampleMaps.received)
    }

    private func id(_ pid: String, control: String = "C1", facility: String = "FAC") throws -> String? {
        try mapped(pid, control: control, facility: facility).resources.first?.id
    }

    @Test func `an id is a version 5 UUID of system and value`() throws {
        let id = try #require(try id("PID|||1^^^&1.2.3&ISO^MR"))
        #expect(id == "f2b2a2e9-0000-5000-8000-000000000000" || id.count == 36)
        #expect(Array(id)[14] == "5")
        #expect("89ab".contains(Array(id)[19]))
        #expect(R4.isValid(id, as: "id"))
    }

    @Test func `the same identifier is the same patient, whatever else the message says`() throws {
        let id = try id("PID|||1^^^&1.2.3&ISO^MR||A")
        #expect(try self.id("PID|||1^^^&1.2.3&ISO^MR||B", control: "C2", facility: "OTHER") == id)
        #expect(try self.id("PID|||2^^^&1.2.3&ISO^MR||A") != id)
        #expect(try self.id("PID|||1^^^&1.2.4&ISO^MR||A") != id)
    }

    @Test func `the order of identifiers does not matter, their types do`() throws {
        let id = try id("PID|||1^^^H^MR")
        #expect(try self.id("PID|||9^^^G^SS~1^^^H^MR") == id)
        #expect(try self.id("PID|||1^^^H^MR~9^^^G^SS~2^^^H^PI") == id)
        #expect(try self.id("PID|||1^^^H^MR~2^^^H^MR") == self.id("PID|||2^^^H^MR~1^^^H^MR"))
    }

    @Test func `names of authorities count only within their sender`() throws {
        #expect(try id("PID|||1^^^H^MR", facility: "A") != id("PID|||1^^^H^MR", facility: "B"))
        #expect(try id("PID|||1", facility: "A") != id("PID|||1", facility: "B"))
    }

    @Test func `without an identifier the id belongs to the message and repeats with it`() throws {
        let first = try id("PID|||||A")
        #expect(try id("PID|||||A") == first)
        #expect(try id("PID|||||A", control: "C2") != first)
    }

    @Test func `ours are put under their id`() throws {
        let bundle = try mapped("PID|||1^^^H^MR")
        let id = try #require(bundle.resources.first?.id)
        #expect(bundle.entries.first?.request?.method == .put)
        #expect(bundle.entries.first?.request?.url == "Patient/\(id)")
        #expect(bundle.entries.first?.fullUrl == "urn:uuid:\(id)")
    }

    @Test func `theirs are put by an identifier that the resource has`() throws {
        let bundle = try mapped("PID|||1^^^&1.2.3&ISO^MR", options: MappingOptions(ids: .theirs))
        #expect(bundle.resources.first?.id == nil)
        #expect(bundle.entries.first?.request?.url == "Patient?identifier=urn%3Aoid%3A1.2.3%7C1")
        #expect(
            bundle.resources.first?["identifier"]?.array?.last?.json() == #"{"system":"urn:oid:1.2.3","value":"1"}"#)
        let other = try mapped("PID|||||A", options: MappingOptions(ids: .theirs))
        let url = try #require(other.entries.first?.fullUrl)
        #expect(
            other.entries.first?.request?.url
                == "Patient?identifier=urn%3Aietf%3Arfc%3A3986%7Curn%3Auuid%3A\(url.dropFirst(9))")
    }

    @Test func `a recipe of parts needs all of them but those marked`() throws {
        func id(_ pid: String, _ control: String) throws -> String? {
            try mapped(pid, control: control, key: "key: [{ of: [PID-5.1, PID-7, PID-8?] }]").resources.first?.id
        }
        #expect(try id("PID|||||A||1988|M", "1") == id("PID|||||A||1988|M", "2"))
        #expect(try id("PID|||||A||1988|M", "1") != id("PID|||||A||1988|F", "1"))
        #expect(try id("PID|||||A||1988", "1") == id("PID|||||A||1988", "2"))
        #expect(try id("PID|||||A", "1") != id("PID|||||A", "2"))
    }

    @Test func `two resources that come to the same parts are two`() throws {
        let bundle = try mapped("PID|||||A\rPID|||||A", key: "key: [{ of: [PID-5.1] }]")
        #expect(Set(bundle.resources.map(\.id)).count == 2)
    }

    @Test func `two mentions of one identifier are one resource with what both say`() throws {
        let bundle = try mapped("PID|||1^^^H^MR||A\rPID|||1^^^H^MR||B")
        #expect(bundle.resources.count == 1)
        #expect(bundle.resources[0]["name"]?.array?.compactMap { $0["family"]?.string } == ["A", "B"])
    }
}
