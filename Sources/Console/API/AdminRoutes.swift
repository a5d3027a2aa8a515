import Broker
import HTTPTypes
import Hummingbird
import Journaling
import NIOCore

/// The admin API: `/api/v1`, the same on the socket and over HTTPS.
struct AdminRoutes: Sendable {
    let broker: Broker
    let finder: MessageFinder
    let alerts: AlertCenter
    /// nil on the socket, where nobody signs in.
    let gatekeeper: Gatekeeper?
    let accounts: AccountStore
    let gauges: BrokerGauges
    let activity: Activity
    /// The data folder.
    let folder: String
    private let pages = ConsolePages()

    init(
        broker: Broker, finder: MessageFinder, alerts: AlertCenter, gatekeeper: Gatekeeper?, accounts: AccountStore,
        gauges: BrokerGauges,
        activity: Activity,
        folder: String
    ) {
        self.broker = broker
        self.finder = finder
        self.alerts = alerts
        self.gatekeeper = gatekeeper
        self.accounts = accounts
        self.gauges = gauges
        self.activity = activity
        self.folder = folder
    }

    func router(_ entrance: AccessMiddleware.Entrance) -> Hummingbird.Router<AdminContext> {
        let router = Hummingbird.Router(context: AdminContext.self)
        router.addMiddleware {
            ProblemMiddleware()
            HeadersMiddleware()
            AccessMiddleware(entrance: entrance)
        }
        health(router)
        if case .network = entrance { pages.add(to: router) }
        let api = router.group("api/v1")
        signIn(api)
        reading(api.group().add(middleware: PermissionMiddleware(permission: .read)))
        patients(api.group().add(middleware: PermissionMiddleware(permission: .patients)))
        changes(api.group().add(middleware: PermissionMiddleware(permission: .change)))
        audit(api.group().add(middleware: PermissionMiddleware(permission: .audit)))
        accountChanges(api.group().add(middleware: PermissionMiddleware(permission: .accounts)))
        return router
    }

    /// What programs ask: Prometheus, and whoever restarts what does not live.
    private func health(_ router: Hummingbird.Router<AdminContext>) {
        router.get("healthz") { _, _ in try health(isReady: broker.journal.failure == nil) }
        router.get("readyz") { _, _ in
            try health(isReady: broker.journal.failure == nil && !broker.allServers.isEmpty)
        }
        router.group().add(middleware: PermissionMiddleware(permission: .read)).get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: try await gauges.text())))
        }
    }

    private func health(isReady: Bool) throws -> Response {
        Response(
            status: isReady ? .ok : .serviceUnavailable, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: isReady ? "ok\n" : "nothing can be stored\n")))
    }

    private func reading(_ api: RouterGroup<AdminContext>) {
        api.get("status") { _, _ in try await status() }
        api.get("queues") { _, _ in try await queues() }
        api.get("ledger") { request, _ in try await ledger(request) }
        api.get("events") { request, context in try await events(request, context) }
        api.get("find") { request, context in try await search(request, context) }
        api.get("messages") { request, _ in try await find(request) }
        api.get("messages/:seq") { _, context in try await message(context) }
        api.get("messages/:seq/trace") { request, context in try await trace(request, context) }
        api.get("wall") { request, _ in try await wall(request) }
        api.get("alerts") { _, _ in try await openAlerts() }
        api.get("providers") { _, _ in try await providers() }
        api.get("configuration") { _, _ in try await configuration() }
        api.get("endpoints/:endpoint/deliveries") { request, context in try await waiting(request, context) }
    }

    private func patients(_ api: RouterGroup<AdminContext>) {
        api.get("messages/:seq/body") { _, context in try await body(context) }
        api.get("messages/:seq/why") { request, context in try await why(request, context) }
        api.get("messages/:seq/view") { _, context in try await messageView(context) }
        api.get("deliveries/:seq/:endpoint/sent") { _, context in try await sent(context) }
    }

    private func audit(_ api: RouterGroup<AdminContext>) {
        api.get("audit/events") { request, context in try await auditEvents(request, context) }
        api.post("audit/verify") { _, context in try await verify(context) }
    }

    private func changes(_ api: RouterGroup<AdminContext>) {
        api.post("backups") { request, context in try await recordBackup(request, context) }
        api.post("alerts/:id/acknowledge") { request, context in try await acknowledge(request, context) }
        api.post("alerts/:id/silence") { request, context in try await silence(request, context) }
        api.post("configuration/reload") { request, context in try await reload(request, context) }
        for action in ["hold", "release", "skip"] {
            api.post("deliveries/:seq/:endpoint/\(RouterPath(stringLiteral: action))") { request, context in
                try await change(action, request, context)
            }
        }
        for action in ["release", "dismiss", "resend"] {
            api.post("messages/:seq/\(RouterPath(stringLiteral: action))") { request, context in
                try await changeEntry(action, request, context)
            }
        }
        for action in ["pause", "resume"] {
            api.post("endpoints/:endpoint/\(RouterPath(stringLiteral: action))") { request, context in
                try await changeEndpoint(action, request, context)
            }
        }
    }
}
