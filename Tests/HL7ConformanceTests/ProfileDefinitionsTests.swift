import HL7Conformance
import Testing

struct ProfileDefinitionsTests {
    private func profile() throws -> Profile {
        var source = ProfileSource(name: "north", version: .v2_5_1)
        source.messages = [ProfileSource.Message("ADT^A01")]
        source.elements = [
            ProfileSource.Element("ZPI", name: "Pharmacy"), ProfileSource.Element("ZPI-3", name: "Since", type: "DT"),
            ProfileSource.Element("PID-3", name: "Numbers"),
        ]
        return try Profile(source)
    }

    @Test func `what a profile defines is known in its own version`() throws {
        let profile = try profile()
        let segment = profile.definitions(of: .v2_5_1).segment("ZPI")
        #expect(segment?.field(3)?.dataType.name == "DT")
        #expect(segment?.fieldCount == 3)
        #expect(profile.definitions(of: .v2_4).segment("ZPI") == nil)
        #expect(profile.definitions(of: .v2_5_1).segment("PID")?.field(5)?.name == "Patient Name")
    }

    @Test func `a profile has names for what it names, and for nothing else`() throws {
        let profile = try profile()
        let names = ["ZPI", "ZPI-3", "PID-3", "ZPI-1", "PID-5"].map(profile.name(of:))
        #expect(names == ["Pharmacy", "Since", "Numbers", nil, nil])
    }
}
