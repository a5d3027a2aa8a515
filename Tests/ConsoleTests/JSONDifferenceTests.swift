import FHIR
import Testing

@testable import Console

struct JSONDifferenceTests {
    private func places(_ old: String, _ new: String) throws -> [String] {
        func value(_ text: String) throws -> JSONValue { try JSONReader.value(from: Array(text.utf8)) }
        return JSONDifference.places(try value(old), try value(new))
    }

    private func bundle(_ resources: String...) -> String {
        #"{"resourceType":"Bundle","entry":["# + resources.map { #"{"resource":\#($0)}"# }.joined(separator: ",") + "]}"
    }

    @Test func `equal bundles differ nowhere`() throws {
        let one = bundle(#"{"resourceType":"Patient","gender":"female"}"#)
        #expect(try places(one, one).isEmpty)
    }

    @Test func `elements are told by resource, path and index`() throws {
        let old = bundle(
            #"{"resourceType":"Patient","gender":"female","name":[{"family":"A"},{"family":"B"}]}"#,
            #"{"resourceType":"Encounter","status":"planned"}"#)
        let new = bundle(
            #"{"resourceType":"Patient","name":[{"family":"A"},{"family":"C","given":["D"]}],"active":true}"#,
            #"{"resourceType":"Encounter","status":"planned"}"#, #"{"resourceType":"Encounter","status":"finished"}"#)
        #expect(
            try places(old, new) == [
                "Patient[1].gender", "Patient[1].name[1].family", "Patient[1].name[1].given", "Patient[1].active",
                "Encounter[2]",
            ])
    }
}
