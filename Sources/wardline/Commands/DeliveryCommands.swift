internal import ArgumentParser
internal import Broker
internal import Console

/// What the commands that change something have in common: why it is done, and what came of it.
struct ChangeOptions: ParsableArguments {
    @OptionGroup var admin: AdminOptions

    @Option(help: "Why; kept in the audit log.")
    var reason: String

    func change(
        _ path: String, to endpoints: [String]? = nil, until: String? = nil, choice: Resend.Choice? = nil
    ) async throws {
        try await admin.run { client in
            let done = try await client.post(
                path, AdminAPI.Change(reason: reason, to: endpoints, until: until, as: choice))
            try admin.print([done]) { $0.map(\.done) }
        }
    }
}

/// A delivery: an entry and an endpoint.
struct DeliveryOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Sequence number of the message.", valueName: "seq"))
    var seq: Int64

    @Option(help: ArgumentHelp("The endpoint.", valueName: "provider.endpoint"))
    var to: String
}

/// `wardline hold`
struct HoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Keeps a queued delivery until it is released; its lane waits behind it.")

    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var options: ChangeOptions

    func run() async throws { try await options.change("deliveries/\(delivery.seq)/\(delivery.to)/hold") }
}

/// A delivery, or without an endpoint a message that was held at intake.
struct HeldOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Sequence number of the message.", valueName: "seq"))
    var seq: Int64

    @Option(help: ArgumentHelp("The endpoint.", valueName: "provider.endpoint"))
    var to: String?

    func path(delivery: String, entry: String) -> String {
        to.map { "deliveries/\(seq)/\($0)/\(delivery)" } ?? "messages/\(seq)/\(entry)"
    }
}

/// `wardline release`
struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Lets a held delivery go, or tries a waiting one at once.",
        discussion: "Without --to it is a message that was held at intake, which then goes to the routes.")

    @OptionGroup var held: HeldOptions
    @OptionGroup var options: ChangeOptions

    func run() async throws { try await options.change(held.path(delivery: "release", entry: "release")) }
}

/// `wardline skip`
struct SkipCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skip",
        abstract: "Decides that a delivery is never to be made; what waits behind it goes on.",
        discussion: "Without --to it is a message that was held at intake, which then goes nowhere.")

    @OptionGroup var held: HeldOptions
    @OptionGroup var options: ChangeOptions

    func run() async throws { try await options.change(held.path(delivery: "skip", entry: "dismiss")) }
}

/// `wardline pause`
struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Sends nothing more to an endpoint, or takes nothing more at a listener, until it is resumed.",
        discussion: "Survives restarts. With --until the broker resumes it by itself at that time.")

    @Argument(help: ArgumentHelp("An endpoint, or listener:NAME.", valueName: "provider.endpoint"))
    var endpoint: String

    @Option(
        help: ArgumentHelp(
            "Until this time, as 2026-11-28T18:00 (of this machine) or 2026-11-28T18:00:00Z.", valueName: "time"))
    var until: String?

    @OptionGroup var options: ChangeOptions

    func run() async throws {
        if let until, GivenTime.microseconds(until) == nil {
            throw ValidationError("\(until) is no time; write it as 2026-11-28T18:00 or 2026-11-28T18:00:00Z.")
        }
        try await options.change("endpoints/\(endpoint)/pause", until: until)
    }
}

/// `wardline resume`
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Sends to a paused endpoint again, or takes messages at a paused listener.")

    @Argument(help: ArgumentHelp("An endpoint, or listener:NAME.", valueName: "provider.endpoint"))
    var endpoint: String

    @OptionGroup var options: ChangeOptions

    func run() async throws { try await options.change("endpoints/\(endpoint)/resume") }
}
