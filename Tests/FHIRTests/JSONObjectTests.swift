import FHIR
import Testing

@Suite struct JSONObjectTests {
    @Test func `setting replaces in place, appends what is new and removes with nil`() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = 3
        object["c"] = .null
        object["b"] = nil
        object["x"] = nil
        #expect(object.keys == ["a", "c"])
        #expect(object["a"] == 3 && object["c"] == .null && object["b"] == nil)
    }

    @Test func `a name given twice keeps its place and the later value`() {
        #expect(JSONObject([("a", 1), ("b", 2), ("a", 3)]) == ["a": 3, "b": 2])
    }

    @Test func `appending makes an array, also of a single value`() {
        var object: JSONObject = ["one": "x"]
        object.append("y", to: "one")
        object.append("z", to: "one")
        object.append(1, to: "new")
        #expect(object == ["one": ["x", "y", "z"], "new": [1]])
    }

    @Test func `values are read by key and position and are nil where they are not`() {
        let value: JSONValue = ["a": [1, ["b": true]]]
        #expect(value["a"]?[1]?["b"]?.bool == true)
        #expect(value["a"]?[2] == nil && value["x"] == nil && value[0] == nil && value["a"]?["b"] == nil)
        #expect(value["a"]?[0]?.number?.int == 1)
    }

    @Test func `order and digits count in equality`() throws {
        #expect(["a": 1, "b": 2] as JSONValue != ["b": 2, "a": 1])
        #expect(try JSONNumber("1.0") != JSONNumber("1.00"))
    }
}
