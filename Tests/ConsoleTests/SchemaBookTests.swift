import FHIR
import Testing

@testable import Console

/// Schemas are what the types read and write.
struct SchemaBookTests {
    private struct Part: Codable {
        var count: Int
        var parts: [Part]?
    }

    private struct Whole: Codable {
        var name: String
        var role: Role
        var part: Part
        var more: [Part]
        var share: Double?
        var isTrue: Bool
    }

    @Test func `a type is an object with what it must have, and refers to the types in it`() throws {
        var book = SchemaBook()
        #expect(try book.schema(of: [Whole].self)["items"]?["$ref"]?.string == "#/components/schemas/Whole")
        let whole = try #require(book.schemas["Whole"])
        #expect(whole["required"]?.array?.compactMap(\.string) == ["name", "role", "part", "more", "isTrue"])
        let properties = try #require(whole["properties"])
        #expect(properties["name"]?["type"]?.string == "string")
        #expect(properties["share"]?["type"]?.string == "number")
        #expect(properties["isTrue"]?["type"]?.string == "boolean")
        #expect(properties["role"]?["enum"]?.array?.compactMap(\.string) == Role.allCases.map(\.rawValue))
        #expect(properties["more"]?["items"]?["$ref"]?.string == "#/components/schemas/Part")
        #expect(book.schemas["Part"]?["properties"]?["count"]?["type"]?.string == "integer")
        #expect(whole["additionalProperties"]?.bool == false)
    }

    @Test func `every operation of the API can be described, each once`() throws {
        let document = try OpenAPIDocument(AdminRoutes.operations).json
        let paths = try #require(document["paths"]?.object)
        let count = paths.members.reduce(0) { $0 + ($1.value.object?.count ?? 0) }
        #expect(count == AdminRoutes.operations.count)
        var names: Set<String> = []
        for path in paths.members {
            for operation in path.value.object?.members ?? [] {
                let name = try #require(operation.value["operationId"]?.string)
                #expect(names.insert(name).inserted, "\(name) is there twice")
            }
        }
    }
}
