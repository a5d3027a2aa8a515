internal import ArgumentParser
internal import Broker
internal import Console
internal import Foundation

/// `wardline resends`
struct ResendsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resends", abstract: "Resends of many messages: how far they are; stops one or goes on with it.")

    @OptionGroup var options: AdminOptions

    @Option(help: ArgumentHelp("Stop this one; needs --reason.", valueName: "id"))
    var stop: String?

    @Option(
        name: .customLong("continue"),
        help: ArgumentHelp("Go on with this one behind the last message sent; needs --reason.", valueName: "id"))
    var goOn: String?

    @Option(help: "Why; kept in the audit log.")
    var reason: String?

    func validate() throws {
        if stop != nil, goOn != nil { throw ValidationError("--stop and --continue exclude each other.") }
        if stop != nil || goOn != nil, reason == nil { throw ValidationError("Say why: --reason.") }
    }

    func run() async throws {
        try await options.run { client in
            let change = AdminAPI.Change(reason: reason ?? "")
            var runs: [AdminAPI.Resends]
            if let stop {
                runs = [try await client.send(.post, "resends/\(stop)/stop", change)]
            } else if let goOn {
                runs = [try await client.send(.post, "resends/\(goOn)/continue", change)]
            } else {
                runs = try await client.get("resends")
            }
            try options.print(runs) { $0.flatMap(Self.lines) }
        }
    }

    static func lines(_ run: AdminAPI.Resends) -> [String] {
        let targets = run.to.isEmpty ? "where they went before" : run.to.joined(separator: ", ")
        let range = run.first.flatMap { first in run.last.map { " (#\(first) to #\($0))" } } ?? ""
        let day = run.as == .then ? "the configuration of their day" : "today's configuration"
        let rate = run.rate.formatted(.number.grouping(.never).locale(Locale(identifier: "en")))
        let what = "\(run.count) messages\(range) to \(targets), by \(day), at most \(rate) a second"
        guard let id = run.id else {
            let shown = run.messages ?? []
            let rows = shown.map { ["#\($0.seq)", MomentText.text($0.receivedAt), $0.type, $0.controlId] }
            let table = TextTable.lines(["MESSAGE", "RECEIVED", "TYPE", "CONTROL ID"], rows, width: .max)
            let rest = run.count > shown.count ? ["… and \(run.count - shown.count) more"] : []
            return "would send again: \(what)".wrapped(to: Output.width) + (rows.isEmpty ? [] : [""] + table + rest)
        }
        let left = run.left == 0 ? "" : ", \(run.left) of them could not be sent"
        return "\(id) \(run.state.rawValue): \(run.done) of \(what)\(left)".wrapped(to: Output.width)
    }
}
