import Interfaces

/// What a reload does with the listeners: which ports are bound, which are closed, and which stay as they are.
///
/// A listener stays, with its connections, if its address and limits stay and it remains with or without TLS; other
/// certificates are for connections that come later.
struct ListenerPlan: Hashable, Sendable {
    /// A listener that is bound.
    struct Bound: Hashable, Sendable {
        var settings: ListenerSettings
        /// The real one, if any free port was asked for.
        var port: Int
    }

    /// To be bound.
    var opened: [ListenerSettings] = []
    /// To be closed before anything is bound: something else wants the port.
    var closedFirst: [Bound] = []
    /// To be closed once everything new is bound.
    var closedLast: [Bound] = []
    /// They stay, as they are called for now.
    var kept: [ListenerSettings] = []

    init(from old: [Bound], to new: [ListenerSettings]) {
        for listener in new {
            let isKept = old.contains { $0.settings.name == listener.name && $0.settings.keepsPort(as: listener) }
            if isKept { kept.append(listener) } else { opened.append(listener) }
        }
        let wanted = Set(opened.map(\.bind.port)).subtracting([0])
        for bound in old where !kept.contains(where: { $0.name == bound.settings.name }) {
            if wanted.contains(bound.port) { closedFirst.append(bound) } else { closedLast.append(bound) }
        }
    }
}

extension ListenerSettings {
    fileprivate func keepsPort(as other: ListenerSettings) -> Bool {
        bind == other.bind && limits == other.limits && (tls == nil) == (other.tls == nil)
    }
}
