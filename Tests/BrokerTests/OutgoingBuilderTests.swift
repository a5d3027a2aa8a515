import HL7
import Interfaces
import Mapping
import Testing

@testable import Broker
@testable import Journaling

@Suite struct OutgoingBuilderTests {
    private func build(
        _ body: [UInt8], endpoint keys: String = "", kind: String = "mllp: \"mllp://127.0.0.1:1\"",
        sends: String = "timezone: none", tables: [String: String] = [:], withMaps: Bool = false,
        site: MapFiles? = nil, isReleased: Bool = false
    ) throws -> OutgoingMessage {
        var files = tables
        files["providers/clinic.yaml"] = """
            provider: clinic
            receives:
              inbox: { \(kind)\(keys.isEmpty ? "" : ", " + keys) }
            """
        files["providers/hospital.yaml"] = """
            provider: hospital
            sends:
              - { as: { application: HIS, facility: GH }, \(sends) }
            """
        let configuration = try TestFolder.configuration(files, withMaps: withMaps, site: site)
        let endpoint = try #require(configuration.endpoint("clinic.inbox"))
        let entry = JournalEntry(
            seq: 7, receivedAt: 1_772_366_400_000_000, disposition: .accepted, routing: .routed, listener: "lab",
            provider: "hospital", sender: "hospital", peer: "", controlId: "M1", type: "ADT^A01", version: "2.5.1",
            laneKeys: [], patients: [], answer: [], configuration: [], bodySHA256: [], bodyCount: 0, deliveryCount: 1)
        return try OutgoingBuilder(configuration: configuration, endpoint: endpoint).build(
            QueuedEntry(entry, body: body), route: "all", isReleased: isReleased)
    }

    private static let fhir = "fhir: \"http://127.0.0.1:1/fhir\""

    /// The error that a FHIR endpoint's delivery is held with.
    private func error(
        _ body: [UInt8], _ keys: String = "", route: String = "", site: MapFiles? = nil, isReleased: Bool = false
    ) -> String? {
        do {
            let tables = ["routes/all.yaml": "route: all\nto: [clinic.inbox]\n\(route)"]
            _ = try build(
                body, endpoint: keys, kind: Self.fhir, tables: tables, withMaps: true, site: site,
                isReleased: isReleased)
            return nil
        } catch { return "\(error)" }
    }

    @Test func `without edits, as sent, it is byte for byte what was received`() throws {
        let odd = Array("MSH#*+?!#HIS#GH#WL#EX#20260301##ADT*A01#M1#P#2.5.1#x##AL##\nPID#1\r\n\nZZZ#\\a#\r".utf8)
        let outgoing = try build(odd, endpoint: "ackMode: asSent, charset: asSent")
        #expect(outgoing.bytes == odd)
        #expect(outgoing.controlID == Array("M1".utf8))
        #expect(outgoing.seq == 7)
        #expect(!outgoing.isUnanswered)
    }

    @Test(arguments: [
        ("original", "AL|AL", nil as String?, nil as String?), ("enhanced", "", "AL", "NE"), ("none", "", "NE", "NE"),
        ("asSent", "AL|SU", "AL", "SU"),
    ])
    func `the acknowledgement mode sets MSH-15 and MSH-16`(
        mode: String, asked: String, accept: String?, application: String?
    ) throws {
        let outgoing = try build(Sample.admission("M1", ack: asked), endpoint: "ackMode: \(mode)")
        let message = try Message(parsing: outgoing.bytes)
        #expect(message["MSH-15"] ?? "" == accept ?? "")
        #expect(message["MSH-16"] ?? "" == application ?? "")
        #expect(outgoing.isUnanswered == (mode == "none"))
    }

    @Test func `a message that asks for nothing already is not touched in original mode`() throws {
        let bytes = Sample.admission("M1")
        #expect(try build(bytes).bytes == bytes)
    }

    @Test func `edits run in order, on a copy`() throws {
        let edit = """
            edit: [ { set: { MSH-5: CLINIC, MSH-10: N9 } }, { copy: { from: PID-5.1, to: PID-9.1 } }, \
            { translate: { path: PV1-2, table: class } }, { remove: [EVN], when: PV1-2 = "INPT" } ]
            """
        let outgoing = try build(
            Sample.admission("M1"), endpoint: edit, tables: ["tables/class.yaml": "table: class\ncodes: { I: INPT }"])
        let message = try Message(parsing: outgoing.bytes)
        #expect(message["MSH-5"] == "CLINIC")
        #expect(message["PID-9.1"] == "EVERYWOMAN")
        #expect(message["PV1-2"] == "INPT")
        #expect(message.segment("EVN") == nil)
        #expect(outgoing.controlID == Array("N9".utf8))
    }

    @Test func `an edit that cannot be made stops the delivery with its number, without patient data`() throws {
        let error = #expect(throws: OutgoingError.self) {
            try build(
                Sample.admission("M1", class: "SECRET"),
                endpoint: "edit: [ { set: { MSH-5: X } }, { translate: { path: PV1-2, table: class } } ]",
                tables: ["tables/class.yaml": "table: class\ncodes: { I: INPT }\notherwise: hold"])
        }
        #expect(error?.description.contains("edit 2") == true)
        #expect(error?.description.contains("SECRET") == false)
    }

    @Test func `the copy is re-encoded, and says so in MSH-18`() throws {
        let silent = Sample.admission("M1").replacing("EVERYWOMAN", [0x4D, 0xDC, 0x4C, 0x4C])
        let outgoing = try build(silent, endpoint: "charset: UNICODE UTF-8", sends: "charset: windows-1252")
        let message = try Message(parsing: outgoing.bytes)
        #expect(message["MSH-18"] == "UNICODE UTF-8")
        #expect(message["PID-5.1"] == "MÜLL")
        #expect(outgoing.bytes.replacing("MÜLL", "") != outgoing.bytes)
    }

    @Test func `what a character set lacks stops the delivery`() throws {
        #expect(throws: OutgoingError.self) {
            try build(
                Sample.admission("M1", charset: "UNICODE UTF-8", family: "Łódź"), endpoint: "charset: ASCII")
        }
    }

    @Test func `a FHIR endpoint gets the same bundle each time, and its number of entries`() throws {
        let fhir = "fhir: \"http://127.0.0.1:1/fhir\""
        let first = try build(Sample.admission("M1"), kind: fhir, withMaps: true)
        let second = try build(Sample.admission("M1"), kind: fhir, withMaps: true)
        #expect(first.bytes == second.bytes)
        #expect(Sample.text(first.bytes).hasPrefix("{\"resourceType\":\"Bundle\""))
        #expect(first.bundleEntries > 2)
    }

    @Test func `a type without a map stops the delivery`() throws {
        #expect(throws: OutgoingError.self) {
            try build(
                Sample.admission("M1", type: "ZZZ^Z01"), kind: "fhir: \"http://127.0.0.1:1/fhir\"", withMaps: true)
        }
    }

    @Test func `a message of which nothing becomes a resource stops the delivery, released or not`() {
        let body = Sample.bytes(
            "MSH|^~\\&|HIS|GH|WL|EX|20260301120000+0000||ADT^A01^ADT_A01|M1|P|2.5.1", "EVN||20260301")
        for isReleased in [false, true] {
            #expect(
                error(body, isReleased: isReleased)?.hasPrefix("map: nothing of the message becomes a resource") == true
            )
        }
    }

    @Test(arguments: [
        ("", nil as String?), ("lossBudget: 2", nil), ("lossBudget: 10%", nil),
        ("lossBudget: 1", "loss: 2 of 24 values lost, the route allows 1: ZZZ-1.1, ZZZ-2.1"),
        ("lossBudget: 0", "loss: 2 of 24 values lost, the route allows 0: ZZZ-1.1, ZZZ-2.1"),
        ("lossBudget: 5%", "loss: 2 of 24 values lost, the route allows 5%: ZZZ-1.1, ZZZ-2.1"),
    ])
    func `beyond the loss budget of its route a delivery is stopped, with the count and the places`(
        route: String, expected: String?
    ) {
        let body = Sample.admission("M1") + Array("ZZZ|SECRET|SECRET\r".utf8)
        #expect(error(body, route: route) == expected)
        #expect(error(body, route: route, isReleased: true) == nil)
    }

    @Test func `a bundle that is not valid R4 is stopped where the endpoint says check`() throws {
        var site = MapFiles()
        site.texts["site/broken.yaml"] = """
            overlay: broken
            maps:
              PID-Patient:
                add: [{ id: broken, from: PID-5.1, to: "generalPractitioner[+].reference" }]
            """
        let body = Sample.admission("M1", family: "NO REFERENCE")
        #expect(error(body, site: site) == nil)
        #expect(error(body, "check: true") == nil)
        let reason = try #require(error(body, "check: true", site: site))
        #expect(reason.hasPrefix("check: the bundle is not valid R4: Bundle.entry["))
        #expect(reason.contains("generalPractitioner"))
        #expect(!reason.contains("NO REFERENCE"))
        #expect(error(body, "check: true", site: site, isReleased: true) == nil)
    }

    @Test func `a body longer than any limit of today is still sent`() throws {
        var body = Sample.admission("M1")
        for _ in 0..<100_001 { body += Array("ZZZ\r".utf8) }
        #expect(try build(body, endpoint: "ackMode: asSent").bytes == body)
    }
}
