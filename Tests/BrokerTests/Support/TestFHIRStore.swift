import FHIR
import Synchronization

/// A FHIR server in memory that carries transactions out: creates (also conditional ones), updates and FHIRPath Patch,
/// by the rules of R4. Whatever a plain server would refuse, it refuses.
final class TestFHIRStore: Sendable {
    /// Why a transaction is refused.
    struct Refusal: Error, CustomStringConvertible { var description: String }

    private struct State {
        var resources: [String: JSONObject] = [:]
        var created = 0
    }

    private let state = Mutex(State())

    /// The resources of a type, in the order of their addresses.
    func all(_ type: String) -> [JSONObject] {
        state.withLock { state in
            state.resources.filter { $0.key.hasPrefix(type + "/") }.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    func put(_ resource: JSONObject, at address: String) { state.withLock { $0.resources[address] = resource } }

    /// Carries a transaction out whole, or not at all.
    func answer(_ request: TestFHIRServer.Request) -> TestFHIRServer.Response {
        do {
            let bundle = try FHIRBundle(try JSONReader.value(from: request.body))
            let answers = try state.withLock { state in
                var next = state
                let answers = try Self.process(bundle, &next)
                state = next
                return answers
            }
            let entries = answers.map { "{\"response\":{\"status\":\"\($0.status)\",\"location\":\"\($0.address)\"}}" }
            return TestFHIRServer.Response(
                status: 200,
                body: #"{"resourceType":"Bundle","type":"transaction-response","entry":["#
                    + entries.joined(separator: ",") + "]}")
        } catch {
            return TestFHIRServer.Response(
                status: 400, body: OperationOutcome(error: "processing", "\(error)").resource.value.json())
        }
    }

    private typealias Answer = (status: String, address: String)

    private static func process(_ bundle: FHIRBundle, _ state: inout State) throws -> [Answer] {
        var answers = [Answer](repeating: ("500", ""), count: bundle.entries.count)
        var touched: Set<String> = []
        var literal: [String: String] = [:]
        func touch(_ address: String) throws {
            guard touched.insert(address).inserted else { throw Refusal(description: "\(address) is addressed twice") }
        }
        // R4: creates come before updates and patches, whatever the order of entries.
        for methods in [[FHIRBundle.Request.Method.post], [.put, .patch]] {
            for (index, entry) in bundle.entries.enumerated() {
                guard let request = entry.request, let resource = entry.resource, methods.contains(request.method)
                else {
                    continue
                }
                let search = request.ifNoneExist.map { "\(request.url)?\($0)" } ?? request.url
                var address = search
                if search.contains("?") || request.method == .post {
                    let found = search.contains("?") ? try find(search, state) : nil
                    guard found != nil || request.method != .patch else {
                        throw Refusal(description: "nothing to patch")
                    }
                    if found == nil { state.created += 1 }
                    address = found ?? "\(resource.type)/\(state.created)"
                }
                let isThere = state.resources[address] != nil
                switch request.method {
                case .patch:
                    try touch(address)
                    guard let old = state.resources[address] else { throw Refusal(description: "no \(address)") }
                    state.resources[address] = try TestPatch.apply(resource, to: old)
                case .post where isThere: break
                default:
                    try touch(address)
                    state.resources[address] = resource.object
                }
                if let fullURL = entry.fullUrl { literal[fullURL] = address }
                answers[index] = (isThere ? "200 OK" : "201 Created", address)
            }
        }
        for (address, resource) in state.resources {
            state.resources[address] = JSONValue.object(resource).replacingReferences(by: literal).object
        }
        return answers
    }

    /// The one resource that `Type?identifier=system%7Cvalue` finds.
    private static func find(_ search: String, _ state: State) throws -> String? {
        let parts = search.split(separator: "?", maxSplits: 1)
        guard let token = parts.last, token.hasPrefix("identifier=") else { throw Refusal(description: "no search") }
        let pair = unescaped(token.dropFirst(11)).split(separator: "|", maxSplits: 1)
        let found = state.resources.filter { address, resource in
            guard address.hasPrefix(parts[0] + "/") else { return false }
            let identifiers = resource["identifier"]?.array ?? resource["identifier"].map { [$0] } ?? []
            return identifiers.contains {
                $0["system"]?.string == pair.first.map(String.init) && $0["value"]?.string == pair.last.map(String.init)
            }
        }
        guard found.count < 2 else { throw Refusal(description: "several are found") }
        return found.first?.key
    }

    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"),
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
