internal import Yams

/// `routes/NAME.yaml`: rules from messages to endpoints.
extension FolderReader {
    func readRoute(_ file: Configuration.File) {
        let keys = ["route", "from", "when", "to", "reply", "lossBudget", "tests"]
        guard let node = YAMLDocument.node(of: file, findings: findings),
            let fields = YAMLFields(node, file.name, findings, what: "a route", keys: keys),
            let name = fields.name("route", example: Self.stem(of: file.name))
        else { return }
        claim(name, kind: "route", fields)
        var route = Route(name: name, to: [])
        route.from = fields.texts("from")?.map { text, place in
            checkProvider(text, place)
            return text
        }
        route.condition = condition(fields, "when")
        for (text, place) in fields.texts("to") ?? [] {
            if route.to.contains(text) { findings.error(place, "\(text) is there twice; delete one") }
            checkEndpoint(text, place)
            route.to.append(text)
        }
        if let reply = fields.text("reply") {
            checkEndpoint(reply, fields.place("reply"))
            if case .fhir? = endpoint(named: reply)?.kind {
                fields.error("reply", "\(reply) answers in FHIR; write an mllp endpoint")
            } else if case .folder? = endpoint(named: reply)?.kind {
                fields.error("reply", "\(reply) is a folder and never answers; write an mllp endpoint")
            }
            route.reply = reply
        }
        route.lossBudget = lossBudget(fields, route)
        if !fields.has("to"), !fields.has("reply") {
            findings.error(fields.place, "the key \"to\" is missing; write to: [provider.endpoint]")
        }
        if let tests = fields.node("tests") {
            route.tests = fields.elements(tests).compactMap { test($0, file.name) }
        }
        routes.append(Placed(value: route, place: fields.place("route")))
    }

    private func lossBudget(_ fields: YAMLFields, _ route: Route) -> LossBudget? {
        guard let text = fields.text("lossBudget") else { return nil }
        guard let budget = LossBudget(text) else {
            fields.error(
                "lossBudget", "lossBudget cannot be \"\(text)\"; write a number of values, or a share as in 2%")
            return nil
        }
        let endpoints = route.to.compactMap { endpoint(named: $0) }
        if endpoints.count == route.to.count, !endpoints.contains(where: \.isFHIR) {
            fields.warning(
                "lossBudget", "nothing that this route goes to is FHIR, so that nothing is lost; delete the key")
        }
        return budget
    }

    private func test(_ node: Node, _ file: String) -> RouteTest? {
        guard let fields = YAMLFields(node, file, findings, what: "a test", keys: ["message", "routed"]),
            let message = fields.required("message", example: "tests/a01.hl7"),
            fields.required("routed", example: "true") != nil
        else { return nil }
        return RouteTest(
            message: FolderFiles.absolute(message, base: base), isRouted: fields.isTrue("routed"), file: file,
            line: fields.place.line ?? 1)
    }

    // MARK: References

    func endpoint(named name: String) -> Endpoint? { providers.lazy.flatMap(\.endpoints).first { $0.name == name } }

    private func checkProvider(_ name: String, _ place: Place) {
        guard !hasUnreadableProviders, !providers.contains(where: { $0.name == name }) else { return }
        let names = providers.map(\.name)
        let remedy = names.isEmpty ? "write providers/\(name).yaml" : Spelling.remedy(for: name, among: names)
        findings.error(place, "there is no provider \(name); \(remedy)")
    }

    func checkEndpoint(_ name: String, _ place: Place) {
        guard endpoint(named: name) == nil, !unreadableEndpoints.contains(name) else { return }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            findings.error(place, "\"\(name)\" is not an endpoint; write provider.endpoint")
            return
        }
        guard let provider = providers.first(where: { $0.name == parts[0] }) else {
            return checkProvider(parts[0], place)
        }
        let names = provider.endpoints.map(\.name)
        let remedy =
            names.isEmpty ? "write receives: in providers/\(parts[0]).yaml" : Spelling.remedy(for: name, among: names)
        findings.error(place, "\(parts[0]) has no endpoint \(parts[1]); \(remedy)")
    }
}
