import FHIR
import HTTPTypes

/// The OpenAPI 3.1 document of the admin API, made from the operations that the router serves.
struct OpenAPIDocument {
    let json: JSONValue

    init(_ operations: [Operation]) throws {
        var book = SchemaBook()
        let problem = try book.schema(of: AdminAPI.Problem.self)
        var paths = JSONObject()
        for operation in operations {
            let path = "/" + operation.path
            var item = paths[path]?.object ?? JSONObject()
            item[operation.method.rawValue.lowercased()] = try Self.described(operation, problem, &book)
            paths[path] = .object(item)
        }
        json = .object([
            "openapi": "3.1.0",
            "info": [
                "title": "Wardline admin API", "version": .string(wardlineVersion),
                "description": """
                What the console and the command line use. The same is served on the Unix socket admin.sock in the data \
                folder, where the user of the socket may do everything. Times are ISO 8601 in UTC; absent values are \
                left out. Browsers that are signed in repeat the csrf text of their session as X-CSRF-Token in every \
                request that changes something.
                """, "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/api/v1"]],
            "security": [["token": []], ["session": []]],
            "paths": .object(paths),
            "components": [
                "schemas": .object(book.schemas),
                "securitySchemes": [
                    "token": ["type": "http", "scheme": "bearer"],
                    "session": ["type": "apiKey", "in": "cookie", "name": .string(AccessMiddleware.cookieName)],
                ],
            ],
        ])
    }

    private static func described(
        _ operation: Operation, _ problem: JSONValue, _ book: inout SchemaBook
    ) throws -> JSONValue {
        var object: JSONObject = [
            "operationId": .string(name(of: operation)), "summary": .string(operation.summary),
        ]
        if let permission = operation.permission {
            let roles = Role.allCases.filter { $0.permissions.contains(permission) }.map(\.rawValue)
            object["description"] = .string("For \(roles.joined(separator: ", ")).")
            object["tags"] = [.string(permission.rawValue)]
        } else {
            object["security"] = []
        }
        let parameters = operation.pathParameters.map(path) + operation.query.map(query)
        if !parameters.isEmpty { object["parameters"] = .array(parameters) }
        if let body = operation.body {
            object["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": try book.schema(of: body)]],
            ]
        }
        var responses = JSONObject()
        switch operation.answer {
        case .value(let type):
            responses["200"] = [
                "description": "As asked.", "content": ["application/json": ["schema": try book.schema(of: type)]],
            ]
        case .content(let type):
            responses["200"] = ["description": "As asked.", "content": .object([type: ["schema": .object([:])]])]
        case .nothing: responses["204"] = ["description": "Done."]
        }
        responses["default"] = [
            "description": "What was wrong.", "content": ["application/json": ["schema": problem]],
        ]
        object["responses"] = .object(responses)
        return .object(object)
    }

    /// `getMessagesSeqTrace`
    private static func name(of operation: Operation) -> String {
        let words = operation.path.split { !$0.isLetter && !$0.isNumber }
        return operation.method.rawValue.lowercased()
            + words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private static func path(_ name: String) -> JSONValue {
        let schema: JSONValue = name == "seq" ? ["type": "integer", "minimum": 1] : ["type": "string"]
        return ["name": .string(name), "in": "path", "required": true, "schema": schema]
    }

    private static func query(_ query: Operation.Query) -> JSONValue {
        let schema: JSONValue =
            switch query.kind {
            case .text: ["type": "string"]
            case .number: ["type": "integer"]
            case .flag: ["type": "string", "enum": ["0", "1"]]
            }
        return [
            "name": .string(query.name), "in": "query", "required": .bool(query.isRequired), "schema": schema,
            "description": .string(query.meaning),
        ]
    }
}
