import FHIR
import Foundation
import HL7
import Mapping
import Testing

/// Messages and what must be in their bundles, side by side in `Tests/Fixtures/Mapping/*.maptest`:
///
///     MSH|^~\&|…            the message, one segment a line
///     ----------
///     [{ "resourceType": "Patient", … }, …]
///
/// Every resource listed must be in the bundle, with at least what is said of it. In an array each element listed must
/// be matched by one of the bundle's, in the same order.
struct MapFixtureTests {
    struct Fixture: CustomTestStringConvertible, Sendable {
        var name: String
        var message: String
        var expected: String
        var testDescription: String { name }

        static let all: [Fixture] = {
            let folder = repository.appending(path: "Tests/Fixtures/Mapping")
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            return files.filter { $0.hasSuffix(".maptest") }.sorted().compactMap { file in
                guard let text = try? String(contentsOf: folder.appending(path: file), encoding: .utf8) else {
                    return nil
                }
                let parts = text.components(separatedBy: "----------\n")
                return Fixture(name: file.lastPathComponent, message: parts[0], expected: parts.last ?? "")
            }
        }()
    }

    private struct NewYork: TimeZoneRule {
        func offsetMinutes(year: Int, month: Int, day: Int, hour: Int, minute: Int) -> Int? {
            (4...10).contains(month) ? -240 : -300
        }
    }

    private func bundle(_ fixture: Fixture, options: MappingOptions) throws -> FHIRBundle {
        let lines = fixture.message.split(separator: "\n").joined(separator: "\r")
        let message = try Message(parsing: Array(lines.utf8))
        return try Mapper(try SampleMaps.builtIn.get(), options: options).bundle(
            from: message, receivedAt: SampleMaps.received)
    }

    @Test func `there are fixtures`() { #expect(Fixture.all.count >= 5) }

    @Test(arguments: Fixture.all)
    func `a bundle has what its fixture says`(fixture: Fixture) throws {
        let bundle = try bundle(fixture, options: MappingOptions(timeZone: NewYork()))
        let expected = try JSONReader.value(from: Array(fixture.expected.utf8)).array ?? []
        #expect(!expected.isEmpty)
        for resource in expected {
            let type = resource["resourceType"]?.string ?? ""
            let candidates = bundle.resources.filter { $0.type == type }.map(\.value)
            #expect(
                candidates.contains { Self.has($0, resource) },
                "no \(type) with \(resource.json()) among \(candidates.map { $0.json() })")
        }
    }

    @Test(arguments: Fixture.all)
    func `every bundle is valid R4, and the same each time`(fixture: Fixture) throws {
        for kind in FHIRBundle.Kind.allCases {
            for ids in MappingOptions.IDs.allCases {
                for zone in [nil, NewYork()] as [NewYork?] {
                    let options = MappingOptions(timeZone: zone, ids: ids, bundle: kind)
                    let bundle = try bundle(fixture, options: options)
                    #expect(FHIRCheck.findings(in: bundle.value).map(\.description) == [])
                    #expect(try self.bundle(fixture, options: options).bytes == bundle.bytes)
                }
            }
        }
    }

    /// Whether a value has at least what another says.
    private static func has(_ value: JSONValue, _ expected: JSONValue) -> Bool {
        if let members = expected.object?.members {
            return members.allSatisfy { member in value[member.key].map { has($0, member.value) } ?? false }
        }
        guard let elements = expected.array else { return value == expected }
        var rest = (value.array ?? [])[...]
        return elements.allSatisfy { element in
            guard let index = rest.firstIndex(where: { has($0, element) }) else { return false }
            rest = rest[(index + 1)...]
            return true
        }
    }
}
