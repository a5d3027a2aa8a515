internal import FHIR
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTLS
internal import Logging
internal import MLLP
internal import NIOCore
internal import NIOSSL

/// A FHIR server that checks transaction bundles against R4 and keeps nothing, for tests of senders.
struct FHIRReceiver: Sendable {
    /// The longest body, in bytes.
    static let bodyBytesMax = 64 << 20

    var reply: ListenReply
    var delay: Duration
    var log: ReceiverLog

    /// What is answered to a request.
    struct Outcome: Sendable {
        var status: Int
        var body: JSONValue
    }

    /// Serves until the task is cancelled.
    ///
    /// - Parameter onReady: called with the address once the port is bound.
    func run(bind: HostPort, tls: ServerTLS?, onReady: @escaping @Sendable (String) -> Void) async throws {
        var logger = Logger(label: "listen")
        logger.logLevel = .critical
        let receiver = self
        let responder = CallbackResponder { (request: Request, _: BasicRequestContext) in
            try await receiver.respond(request)
        }
        let configuration = ApplicationConfiguration(address: .hostname(bind.host, port: bind.port), serverName: nil)
        let ready: @Sendable (any Channel) async -> Void = { channel in
            onReady(HostPort(host: bind.host, port: channel.localAddress?.port ?? bind.port).description)
        }
        guard let tls else {
            let application = Application(
                responder: responder, configuration: configuration, onServerRunning: ready, logger: logger)
            return try await application.run()
        }
        let application = Application(
            responder: responder, server: try .tls(tlsConfiguration: Self.configuration(tls)),
            configuration: configuration, onServerRunning: ready, logger: logger)
        try await application.run()
    }

    private func respond(_ request: Request) async throws -> Response {
        let buffer = try await request.body.collect(upTo: Self.bodyBytesMax)
        guard request.method == .post || request.method == .put else {
            let outcome = OperationOutcome(error: "not-supported", "send a transaction bundle with POST")
            return Self.response(Outcome(status: 405, body: outcome.resource.value))
        }
        let bytes = Array(buffer.readableBytesView)
        let outcome = receive(bytes)
        if delay > .zero { try await Task.sleep(for: delay) }
        // Nobody answers until the sender gives up or the receiver ends.
        while reply == .none { try await Task.sleep(for: .seconds(60)) }
        return Self.response(outcome)
    }

    /// Judges a body and notes it in the log.
    func receive(_ bytes: [UInt8]) -> Outcome {
        var entry = ReceiverLog.Entry(event: "bundle", entries: 0)
        let outcome = judge(bytes, &entry)
        entry.answer = reply.answers ? "\(outcome.status)" : ""
        log.received(entry, bytes: bytes)
        return outcome
    }

    private func judge(_ bytes: [UInt8], _ entry: inout ReceiverLog.Entry) -> Outcome {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.value(from: bytes)
        } catch {
            return Outcome(status: 400, body: OperationOutcome(error: "structure", "\(error)").resource.value)
        }
        entry.type = value["type"]?.string ?? value["resourceType"]?.string ?? ""
        entry.controlID = value["identifier"]?["value"]?.string ?? ""
        entry.entries = value["entry"]?.array?.count ?? 0
        entry.patient = Self.patient(in: value)
        let findings = FHIRCheck.findings(in: value)
        guard findings.isEmpty else {
            let issues = findings.prefix(100).map {
                OperationOutcome.Issue(severity: .error, code: "invalid", diagnostics: $0.text, expression: [$0.path])
            }
            return Outcome(status: 422, body: OperationOutcome(issues: Array(issues)).resource.value)
        }
        guard value["resourceType"]?.string == "Bundle", entry.type == "transaction" || entry.type == "batch" else {
            let outcome = OperationOutcome(error: "not-supported", "a Bundle of type transaction or batch is expected")
            return Outcome(status: 422, body: outcome.resource.value)
        }
        guard reply == .aa || !reply.answers else {
            let outcome = OperationOutcome(error: "processing", "refused because the test receiver was told to")
            return Outcome(status: reply.status, body: outcome.resource.value)
        }
        return Outcome(status: 200, body: Self.carriedOut(value, type: entry.type))
    }

    /// The answer that says that every entry was carried out.
    private static func carriedOut(_ bundle: JSONValue, type: String) -> JSONValue {
        let entries = (bundle["entry"]?.array ?? []).enumerated().map { number, entry -> JSONValue in
            let resource = entry["resource"]
            let type = resource?["resourceType"]?.string ?? "Resource"
            let id = resource?["id"]?.string ?? "\(number + 1)"
            let status = entry["request"]?["method"]?.string == "POST" ? "201 Created" : "200 OK"
            return [
                "response": [
                    "status": .string(status), "location": .string("\(type)/\(id)/_history/1"), "etag": "W/\"1\"",
                ]
            ]
        }
        return ["resourceType": "Bundle", "type": .string("\(type)-response"), "entry": .array(entries)]
    }

    /// The first identifier of the first Patient.
    private static func patient(in bundle: JSONValue) -> String {
        let patient = bundle["entry"]?.array?.lazy.compactMap { $0["resource"] }
            .first { $0["resourceType"]?.string == "Patient" }
        return patient?["identifier"]?[0]?["value"]?.string ?? ""
    }

    private static func response(_ outcome: Outcome) -> Response {
        var headers: HTTPFields = [.contentType: "application/fhir+json"]
        if outcome.status == 503 { headers[.retryAfter] = "1" }
        return Response(
            status: HTTPResponse.Status(code: outcome.status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: outcome.body.bytes())))
    }

    private static func configuration(_ tls: ServerTLS) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(tls.certificateFile).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: tls.keyFile, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        if let authority = tls.clientAuthorityFile {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authority))
            configuration.certificateVerification = .noHostnameVerification
        }
        return configuration
    }
}
