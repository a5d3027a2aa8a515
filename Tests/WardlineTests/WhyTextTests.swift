import Console
import Foundation
import Testing

@testable import wardline

struct WhyTextTests {
    private func lines(_ json: String, width: Int = 60) throws -> [String] {
        let why = try JSONDecoder().decode(AdminAPI.Why.self, from: Data(json.utf8))
        return WhyText(isColoured: false, width: width).lines(why)
    }

    @Test func `a route is shown with its tests below one another and what they saw`() throws {
        let lines = try lines(
            #"""
            {"seq":17,"disposition":"accepted","routing":"filtered","provider":"hospital","type":"ADT^A01",
             "configuration":"0123456789abcdef","ofTheTime":true,"deliveries":[],"routes":[
              {"route":"admissions","takes":false,"reason":"","from":["hospital"],"namesSender":true,"namesType":true,
               "to":["registry.files"],"condition":{"form":"all","text":"","holds":false,"parts":[
                {"form":"test","text":"PV1-2 in (\"I\", \"E\")","holds":false,
                 "saw":[{"path":"PV1-2","presence":"value","values":["O"],"count":1}]},
                {"form":"test","text":"PID-8 valued","holds":false,
                 "saw":[{"path":"PID-8","presence":"absent","values":[],"count":0}]}]}}]}
            """#)
        #expect(
            lines == [
                "#17 ADT^A01 from hospital: accepted, filtered", "by the configuration 0123456789ab that routed it", "",
                "admissions  does not take it", "  to registry.files", "  yes  from hospital", "  no   all of",
                #"       no   PV1-2 in ("I", "E")"#, #"            PV1-2 is "O""#, "       no   PID-8 valued",
                "            PID-8 is not there",
            ])
    }

    @Test func `of the routes only those that lead to the endpoint asked about are shown, after the answer`() throws {
        let lines = try lines(
            #"""
            {"seq":1,"disposition":"accepted","routing":"unrouted","type":"ADT^A01","configuration":"01","ofTheTime":false,
             "deliveries":[],"not":{"endpoint":"a.b","answer":"notTaken","text":"one: because\ntwo: because"},"routes":[
              {"route":"one","takes":false,"reason":"","namesSender":false,"namesType":true,"to":["a.b"]},
              {"route":"other","takes":true,"reason":"","namesSender":true,"namesType":true,"to":["c.d"]}]}
            """#)
        #expect(
            lines.contains("not to a.b") && lines.contains("  two: because") && lines.contains("one  does not take it"))
        #expect(!lines.contains { $0.contains("other") })
    }

    @Test(arguments: [40, 80]) func `no line is wider than the terminal`(width: Int) throws {
        let long = String(repeating: "word ", count: 60)
        let lines = try lines(
            #"""
            {"seq":1,"disposition":"accepted","routing":"routed","type":"ADT^A01","configuration":"01","ofTheTime":true,
             "deliveries":[],"routes":[{"route":"one","takes":true,"reason":"","namesSender":true,"namesType":true,
              "to":["\#(long)"],"condition":{"form":"not","text":"","holds":true,"parts":[{"form":"test",
              "text":"\#(long)","holds":false,"saw":[{"path":"PID-5","presence":"value","values":["\#(long)"],"count":1}]}
             ]}}]}
            """#, width: width)
        #expect(lines.allSatisfy { $0.count <= width } && lines.count > 10)
    }
}
