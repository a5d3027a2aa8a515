internal import HL7
internal import Yams

/// `receives:` of a provider: its endpoints.
extension FolderReader {
    private enum Form: String, CaseIterable { case mllp, fhir, folder }

    private static let commonKeys = ["order", "retry", "breaker", "rate", "maxAge", "pause", "edit", "keepSent"]
    private static let networkKeys = ["tls", "connections", "ackTimeout", "connectTimeout", "plaintext"]

    private static func keys(of form: Form) -> [String] {
        switch form {
        case .mllp: [form.rawValue] + networkKeys + ["actions", "ackMode", "charset"] + commonKeys
        case .fhir: [form.rawValue] + networkKeys + ["auth", "bundle", "ids", "updates", "check"] + commonKeys
        case .folder: [form.rawValue, "format", "charset", "ackMode", "bundle", "check"] + commonKeys
        }
    }

    func endpoint(_ name: String, _ node: Node, _ file: String) -> Endpoint? {
        guard let all = YAMLFields(node, file, findings, what: "an endpoint") else { return nil }
        let forms = Form.allCases.filter { all.has($0.rawValue) }
        guard let form = forms.first, forms.count == 1 else {
            findings.error(
                all.place,
                forms.isEmpty
                    ? "an endpoint is mllp: ADDRESS, fhir: URL or folder: PATH; write one of them"
                    : "\(forms.map(\.rawValue).joined(separator: " and ")) in one endpoint; write two endpoints")
            return nil
        }
        let keys = Self.keys(of: form)
        let what = form == .folder ? "a folder endpoint" : "\(form == .mllp ? "an mllp" : "a fhir") endpoint"
        guard let fields = YAMLFields(node, file, findings, what: what, keys: keys),
            let (kind, failover) = kind(form, fields)
        else { return nil }
        var endpoint = Endpoint(name: name, kind: kind)
        endpoint.failover = failover
        if form == .folder { endpoint.ackMode = .asSent }
        if form == .fhir { endpoint.connections = 4 }
        endpoint.connections = fields.integer("connections", in: 1...1_000) ?? endpoint.connections
        endpoint.order = fields.word("order", .patient)
        endpoint.ackTimeout = fields.duration("ackTimeout") ?? endpoint.ackTimeout
        endpoint.connectTimeout = fields.duration("connectTimeout") ?? endpoint.connectTimeout
        endpoint.retry = retry(fields, endpoint.retry)
        (endpoint.actions, endpoint.unanswered) = actions(fields)
        readPace(fields, &endpoint)
        endpoint.ackMode = fields.word("ackMode", endpoint.ackMode)
        endpoint.charset = charset(fields, allowsAsSent: true)
        endpoint.keepsSent = fields.isTrue("keepSent")
        endpoint.bundle = fields.word("bundle", .transaction)
        endpoint.ids = fields.word("ids", .ours)
        endpoint.updates = fields.word("updates", .put)
        endpoint.checksBundles = fields.isTrue("check")
        if endpoint.updates == .patch, endpoint.bundle != .transaction {
            fields.error("updates", "updates: patch needs bundle: transaction; write that or updates: put")
        }
        if endpoint.ids == .theirs, endpoint.bundle == .batch {
            fields.warning(
                "bundle", "entries of a batch cannot refer to each other without ids of ours; write bundle: transaction"
            )
        }
        endpoint.edits = edits(fields, ackMode: endpoint.ackMode)
        return endpoint
    }

    // MARK: Addresses

    private func kind(
        _ form: Form, _ fields: YAMLFields
    ) -> (kind: Endpoint.Kind, failover: [BindAddress])? {
        switch form {
        case .mllp: return mllp(fields)
        case .fhir: return fhir(fields).map { ($0, []) }
        case .folder:
            let format: Endpoint.FolderFormat = fields.word("format", .hl7)
            for key in ["bundle", "check"] where format == .hl7 && fields.has(key) {
                fields.error(key, "\(key) is for format: fhir; write that or delete the key")
            }
            return fields.text("folder").map {
                (.folder(path: FolderFiles.absolute($0, base: base), format: format), [])
            }
        }
    }

    /// The first address, and those that stand in for it.
    private func mllp(_ fields: YAMLFields) -> (kind: Endpoint.Kind, failover: [BindAddress])? {
        guard fields.has("mllp"), let texts = fields.texts("mllp") else { return nil }
        var addresses: [BindAddress] = []
        for (text, place) in texts {
            let isSecure = text.hasPrefix("mllps://")
            guard isSecure || text.hasPrefix("mllp://"),
                let address = Units.address(String(text.dropFirst(isSecure ? 8 : 7)), ports: 1...65_535)
            else {
                let remedy = "write mllps://HOST:PORT, or mllp://HOST:PORT without TLS"
                findings.error(place, "\"\(text)\" is not an address; \(remedy)")
                return nil
            }
            if addresses.contains(address) {
                findings.error(place, "\(address) is there twice; write another address or delete it")
            }
            addresses.append(address)
        }
        guard let first = addresses.first else { return nil }
        let isSecure = texts.allSatisfy { $0.text.hasPrefix("mllps://") }
        if !isSecure, let other = texts.first(where: { $0.text.hasPrefix("mllps://") }) {
            findings.error(other.place, "mllp:// and mllps:// in one endpoint; write the same for every address")
            return nil
        }
        let tls = clientTLS(fields)
        if !isSecure {
            if fields.has("tls"), let text = texts.first?.text {
                fields.error("tls", "mllp:// has no TLS; write \(text.replacingScheme("mllp", "mllps"))")
            }
            for address in addresses { warnOfPlaintext(fields, "mllp", host: address.host, secure: "mllps") }
        }
        let kind = Endpoint.Kind.mllp(
            host: first.host, port: first.port, tls: isSecure ? tls ?? TLSClientSettings() : nil)
        return (kind, Array(addresses.dropFirst()))
    }

    private func fhir(_ fields: YAMLFields) -> Endpoint.Kind? {
        guard var text = fields.text("fhir") else { return nil }
        let isSecure = text.hasPrefix("https://")
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { $0 != "/" }
        guard isSecure || text.hasPrefix("http://"), let host = Self.host(of: authority),
            !text.contains(where: { $0 == "?" || $0 == "#" || $0 == " " })
        else {
            fields.error("fhir", "\"\(text)\" is not the base address of a FHIR server; write https://HOST/PATH")
            return nil
        }
        if authority.contains("@") {
            fields.error("fhir", "no passwords in addresses; write auth: { basic: FILE }")
            return nil
        }
        while text.hasSuffix("/") { text.removeLast() }
        let tls = clientTLS(fields)
        if !isSecure {
            if fields.has("tls") {
                fields.error("tls", "http:// has no TLS; write \(text.replacingScheme("http", "https"))")
            }
            warnOfPlaintext(fields, "fhir", host: host, secure: "https")
        }
        return .fhir(url: text, tls: isSecure ? tls : nil, auth: auth(fields))
    }

    private static func host(of authority: Substring) -> String? {
        let name = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        let hasPort = name.last != "]" && name.contains(":")
        return Units.address(hasPort ? String(name) : name + ":443", ports: 1...65_535)?.host
    }

    private func warnOfPlaintext(_ fields: YAMLFields, _ key: String, host: String, secure: String) {
        let isSaid = isPlaintextAnywhere(fields) || broker?.isPlaintextAnywhere == true
        if !isSaid, !BindAddress(host: host, port: 0).isLoopback {
            fields.warning(
                key, "patient data leaves for \(host) unencrypted; write \(secure)://, or say plaintext: anywhere")
        }
    }

    func clientTLS(_ fields: YAMLFields) -> TLSClientSettings? {
        guard let tls = mapping(fields, "tls", keys: ["ca", "certificate", "key", "serverName"]) else { return nil }
        let pair = certificateAndKey(tls)
        return TLSClientSettings(
            authorities: file(tls, "ca"), certificate: pair?.certificate, key: pair?.key,
            serverName: tls.text("serverName"))
    }

    private func auth(_ fields: YAMLFields) -> EndpointAuth {
        let kinds = ["bearer", "basic", "oauth2"]
        guard let auth = mapping(fields, "auth", keys: kinds) else { return .none }
        let present = kinds.filter(auth.has)
        guard present.count == 1 else {
            findings.error(
                auth.place, "auth is one of bearer: FILE, basic: FILE or oauth2: { token, client, key, scope }")
            return .none
        }
        if auth.has("bearer") { return file(auth, "bearer", isSecret: true).map { .bearer(file: $0) } ?? .none }
        if auth.has("basic") { return file(auth, "basic", isSecret: true).map { .basic(file: $0) } ?? .none }
        guard let oauth2 = mapping(auth, "oauth2", keys: ["token", "client", "key", "scope", "kid"]) else {
            return .none
        }
        let token = oauth2.required("token", example: "https://HOST/token")
        let client = oauth2.required("client", example: "CLIENT-ID")
        let key = oauth2.required("key", example: "FILE").flatMap { _ in file(oauth2, "key", isSecret: true) }
        let scope = oauth2.required("scope", example: "system/*.cruds")
        guard let token, let client, let key, let scope else { return .none }
        let isLocal =
            token.hasPrefix("http://")
            && Self.host(of: token.dropFirst(7).prefix { $0 != "/" })
                .map { BindAddress(host: $0, port: 0).isLoopback } == true
        if !token.hasPrefix("https://"), !isLocal {
            oauth2.error("token", "\"\(token)\" is not a safe address; write https://HOST/PATH")
        }
        return .oauth2(token: token, client: client, keyFile: key, scope: scope, keyID: oauth2.text("kid"))
    }

    // MARK: Retries

    private func retry(_ fields: YAMLFields, _ fallback: RetryPolicy) -> RetryPolicy {
        guard let retry = mapping(fields, "retry", keys: ["first", "factor", "max"]) else { return fallback }
        var policy = fallback
        policy.first = retry.duration("first") ?? policy.first
        policy.longest = retry.duration("max") ?? max(policy.longest, policy.first)
        if let text = retry.text("factor") {
            if let factor = Double(text), (1...100).contains(factor) {
                policy.factor = factor
            } else {
                retry.error("factor", "factor cannot be \"\(text)\"; write a number from 1 to 100")
            }
        }
        if policy.longest < policy.first { retry.error("max", "max is shorter than first; write a longer time") }
        return policy
    }
}

extension String {
    fileprivate func replacingScheme(_ old: String, _ new: String) -> String { new + dropFirst(old.count) }
}
