internal import ArgumentParser
internal import Console

/// `wardline plan`
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Says which messages of the last hours the interfaces folder on disk would route or map differently.",
        discussion: """
            The folder is that of the running broker, as it is now; nothing is changed. Exits 1 if anything would be different. \
            `wardline reload` uses the folder.
            """)

    @OptionGroup var options: AdminOptions

    @Option(
        help: ArgumentHelp(
            "Messages received from this time on, as 2026-03-05T08:00; default is 24 hours ago.", valueName: "time"))
    var since: String?

    func validate() throws {
        if let since, GivenTime.microseconds(since) == nil {
            throw ValidationError("\(since) is no time; write it as 2026-11-28T18:00 or 2026-11-28T18:00:00Z.")
        }
    }

    func run() async throws {
        var query: [String: String] = [:]
        query["since"] = since
        var isDifferent = false
        try await options.run { client in
            let plan: AdminAPI.Plan = try await client.get("plan", query)
            isDifferent = plan.different > 0
            try options.print([plan]) { $0.flatMap(Self.lines) }
        }
        if isDifferent { throw ExitCode.failure }
    }

    static func lines(_ plan: AdminAPI.Plan) -> [String] {
        var lines = ["\(plan.different) of \(plan.looked) messages would be different"]
        if plan.running == plan.disk { lines[0] += ": the folder on disk is what runs" }
        if plan.more { lines[0] += " (there are older ones that were not looked at)" }
        for group in groups(plan.changes) { lines += ["", group.title] + group.places }
        if plan.different > plan.changes.count {
            lines += ["", "Only the newest \(plan.changes.count) are told in detail."]
        }
        return lines
    }

    /// Messages with the same difference together, the most frequent first.
    private static func groups(_ changes: [AdminAPI.PlanChange]) -> [(title: String, places: [String])] {
        var order: [String] = []
        var found: [String: (seqs: [Int64], places: [String])] = [:]
        for change in changes {
            var parts: [String] = []
            let gone = change.before.filter { !change.after.contains($0) }
            let new = change.after.filter { !change.before.contains($0) }
            if !gone.isEmpty { parts.append("no longer to \(gone.joined(separator: ", "))") }
            if !new.isEmpty { parts.append("also to \(new.joined(separator: ", "))") }
            var places: [String] = []
            for remade in change.remade {
                parts.append("other content for \(remade.endpoint)")
                if let problem = remade.problemAfter { places.append("  \(remade.endpoint) would fail: \(problem)") }
                if let problem = remade.problemBefore { places.append("  \(remade.endpoint) fails now: \(problem)") }
                let more = remade.count > remade.places.count ? ", …" : ""
                if remade.count > 0 { places.append("  " + remade.places.joined(separator: ", ") + more) }
            }
            let key = "\(change.type) from \(change.provider ?? "an unknown sender"): " + parts.joined(separator: "; ")
            if found[key] == nil { order.append(key) }
            found[key, default: ([], [])].seqs.append(change.seq)
            for place in places where found[key]?.places.contains(place) == false {
                if (found[key]?.places.count ?? 0) < placesMax { found[key]?.places.append(place) }
            }
        }
        return order.compactMap { key in
            guard let group = found[key] else { return nil }
            let seqs = group.seqs.prefix(seqsMax).map { "#\($0)" }.joined(separator: " ")
            let more = group.seqs.count > seqsMax ? " …" : ""
            return (key, ["  \(group.seqs.count) messages: \(seqs)\(more)"] + group.places)
        }
    }

    private static let (placesMax, seqsMax) = (10, 8)
}
