import HL7
import Testing

struct PathTests {
    @Test(arguments: [
        ("ZPI", Path(segment: "ZPI")), ("PID-5", Path(segment: "PID", field: 5)),
        ("PID-5.1", Path(segment: "PID", field: 5, component: 1)),
        ("PID-3[2].4.2", Path(segment: "PID", field: 3, repetition: .number(2), component: 4, subcomponent: 2)),
        ("OBX[3]-5", Path(segment: "OBX", occurrence: .number(3), field: 5)),
        ("OBX[*]-5[*].1", Path(segment: "OBX", occurrence: .any, field: 5, repetition: .any, component: 1)),
        ("ZZ1[*]", Path(segment: "ZZ1", occurrence: .any)),
    ])
    func `a path names segment, occurrence, field, repetition, component and sub-component`(text: String, path: Path)
        throws
    {
        #expect(try Path(text) == path)
        #expect(path.description == text)
    }

    @Test(arguments: [
        ("", 0), ("pid-5", 0), ("PI-5", 0), ("PIDX-5", 0), ("1ID-5", 0), ("PID-", 4), ("PID-0", 4), ("PID-x", 4),
        ("PID.5", 3), ("PID-3[0]", 6), ("PID-3[", 6), ("PID-3[2", 7), ("PID-3[*", 7), ("PID-3.", 6), ("PID-3.1.", 8),
        ("PID-3.1.1.1", 9), ("PID-3 ", 5), (" PID-3", 0), ("PID[1]5", 6), ("PID-99999999999999999999", 11),
    ])
    func `a text that is no path is refused at the character that does not fit`(text: String, offset: Int) throws {
        let error = try #require(throws: PathError.self) { try Path(text) }
        #expect(error.offset == offset, "\(error)")
    }

    @Test(arguments: [
        (Location(segment: "PV1"), "PV1"), (Location(segment: "PID", field: 3, repetition: 1, component: 1), "PID-3.1"),
        (Location(segment: "OBX", occurrence: 2, field: 5, repetition: 3, component: 1), "OBX[2]-5[3].1"),
        (Location(segment: "PID", field: 3, component: 4, subcomponent: 2), "PID-3.4.2"),
        (Location(segment: "NK1", occurrence: 2), "NK1[2]"),
    ])
    func `a location is written with every [1] left out`(location: Location, text: String) {
        #expect(location.description == text)
    }
}
