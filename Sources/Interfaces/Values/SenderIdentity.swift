/// Who sent a message, as far as the interfaces folder tells.
package enum SenderIdentity: Hashable, Sendable {
    case known(Provider, SenderRule)
    /// No provider claims it.
    case unknown
    /// The client certificate is a provider's, and the message is not; the reason names no patient.
    case mismatch(String)
}

extension Configuration {
    /// Recognises the sender of a message: by certificate, then MSH-3 and MSH-4, then listener; the most specific rule
    /// that fits.
    ///
    /// A certificate that some provider claims binds the connection to that provider: a message that fits none of its
    /// rules is a mismatch. A rule with `certificate:` fits only a connection that presents it.
    ///
    /// - Parameters:
    ///   - certificateNames: DNS names of the client certificate; its common name only if it has none.
    ///   - application: MSH-3.1.
    ///   - facility: MSH-4.1.
    package func identify(
        listener: String, certificateNames: [String], application: String, facility: String
    ) -> SenderIdentity {
        let presented = Set(certificateNames.map { $0.lowercased() })
        // Most connections of a plaintext or server-only listener need no look at certificates.
        let owners =
            presented.isEmpty
            ? []
            : providers.filter { provider in
                provider.senders.contains { !presented.isDisjoint(with: $0.certificates) }
            }
        var best: (provider: Provider, rule: SenderRule)?
        var rivals = 0
        for provider in owners.isEmpty ? providers : owners {
            for rule in provider.senders
            where rule.certificates.isEmpty || !presented.isDisjoint(with: rule.certificates) {
                guard rule.fits(listener: listener, application: application, facility: facility) else { continue }
                guard let found = best else {
                    best = (provider, rule)
                    continue
                }
                if found.rule.specificity < rule.specificity {
                    best = (provider, rule)
                    rivals = 0
                } else if found.rule.specificity == rule.specificity {
                    rivals += 1
                }
            }
        }
        let names = owners.map(\.name).joined(separator: " and ")
        guard let best else {
            return owners.isEmpty
                ? .unknown : .mismatch("the client certificate is that of \(names), which sends nothing like this here")
        }
        // One certificate can carry names that two providers claim; `check` cannot know that.
        guard rivals == 0 else { return .mismatch("the client certificate is that of \(names) alike") }
        return .known(best.provider, best.rule)
    }
}

extension SenderRule {
    /// How much a rule says, the most important part first.
    struct Specificity: Hashable, Comparable {
        var hasCertificate: Bool
        var headerParts: Int
        var hasListener: Bool

        static func < (left: Specificity, right: Specificity) -> Bool {
            if left.hasCertificate != right.hasCertificate { return right.hasCertificate }
            if left.headerParts != right.headerParts { return left.headerParts < right.headerParts }
            return !left.hasListener && right.hasListener
        }
    }

    var specificity: Specificity {
        Specificity(
            hasCertificate: !certificates.isEmpty,
            headerParts: (application == nil ? 0 : 1) + (facility == nil ? 0 : 1),
            hasListener: listener != nil)
    }

    func fits(listener: String, application: String, facility: String) -> Bool {
        (self.listener ?? listener) == listener && (self.application ?? application) == application
            && (self.facility ?? facility) == facility
    }

    /// Whether a message can be found for which neither this rule nor the other is the better match.
    func rivals(_ other: SenderRule) -> Bool {
        func meet(_ a: String?, _ b: String?) -> Bool { a == nil || b == nil || a == b }
        return specificity == other.specificity
            && (certificates.isEmpty || !Set(certificates).isDisjoint(with: other.certificates))
            && meet(application, other.application) && meet(facility, other.facility) && meet(listener, other.listener)
    }
}
