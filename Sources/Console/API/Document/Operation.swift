import HTTPTypes
import Hummingbird

/// One operation of the admin API: what the router serves, and what the OpenAPI document says of it.
struct Operation: Sendable {
    typealias Run = @Sendable (AdminRoutes, Request, AdminContext) async throws -> Response

    var method: HTTPRequest.Method
    /// Below `/api/v1/`, with its parameters in braces: `messages/{seq}/trace`.
    var path: String
    /// nil: for everybody.
    var permission: Permission?
    var summary: String
    var query: [Query] = []
    /// What the request carries.
    var body: (any Decodable.Type)?
    var answer: Answer
    var run: Run

    enum Answer: Sendable {
        /// JSON of a type.
        case value(any Decodable.Type)
        /// Bytes of a media type.
        case content(String)
        /// 204
        case nothing
    }

    /// A parameter behind the question mark.
    struct Query: Sendable {
        enum Kind: String { case text, number, flag }

        var name: String
        var kind: Kind
        var meaning: String
        var isRequired = false

        static func text(_ name: String, _ meaning: String, isRequired: Bool = false) -> Query {
            Query(name: name, kind: .text, meaning: meaning, isRequired: isRequired)
        }

        static func number(_ name: String, _ meaning: String) -> Query {
            Query(name: name, kind: .number, meaning: meaning)
        }

        /// `1` for yes.
        static func flag(_ name: String, _ meaning: String) -> Query {
            Query(name: name, kind: .flag, meaning: meaning)
        }
    }

    /// The names in braces, in order.
    var pathParameters: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    /// As the router writes it: `messages/:seq/trace`.
    var routerPath: RouterPath {
        RouterPath(
            path.split(separator: "/").map { $0.hasPrefix("{") ? ":" + $0.dropFirst().dropLast() : String($0) }
                .joined(separator: "/"))
    }
}

extension Operation {
    static func get<Value: ResponseEncodable & Decodable>(
        _ path: String, _ permission: Permission, _ summary: String, query: [Query] = [],
        _ run: @escaping @Sendable (AdminRoutes, Request, AdminContext) async throws -> Value
    ) -> Operation {
        Operation(
            method: .get, path: path, permission: permission, summary: summary, query: query,
            answer: .value(Value.self),
            run: { routes, request, context in
                try await run(routes, request, context).response(from: request, context: context)
            })
    }

    /// An answer that is written as it comes, or is no JSON of a type.
    static func get(
        _ path: String, _ permission: Permission, _ summary: String, query: [Query] = [], answer: Answer,
        _ run: @escaping Run
    ) -> Operation {
        Operation(
            method: .get, path: path, permission: permission, summary: summary, query: query, answer: answer, run: run)
    }

    static func post<Body: Decodable, Value: ResponseEncodable & Decodable>(
        _ path: String, _ permission: Permission, _ summary: String, body: Body.Type,
        _ run: @escaping @Sendable (AdminRoutes, Request, AdminContext) async throws -> Value
    ) -> Operation {
        change(.post, path, permission, summary, body: body, run)
    }

    static func change<Value: ResponseEncodable & Decodable>(
        _ method: HTTPRequest.Method, _ path: String, _ permission: Permission?, _ summary: String,
        body: (any Decodable.Type)? = nil,
        _ run: @escaping @Sendable (AdminRoutes, Request, AdminContext) async throws -> Value
    ) -> Operation {
        Operation(
            method: method, path: path, permission: permission, summary: summary, body: body,
            answer: .value(Value.self),
            run: { routes, request, context in
                try await run(routes, request, context).response(from: request, context: context)
            })
    }
}
