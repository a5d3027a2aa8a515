/// What only shows when all files are read.
extension FolderReader {
    func checkAll() {
        checkRivals()
        checkTimeZones()
        // Not an error: what a provider sent that has left since may be held too.
        for held in legalHolds where held.value != "all" && !providers.contains(where: { $0.name == held.value }) {
            findings.warning(held.place, "no provider is named \(held.value) now; write one of providers/, or all")
        }
        for target in acknowledgementTargets {
            checkEndpoint(target.value, target.place)
            if let endpoint = endpoint(named: target.value), endpoint.isFHIR {
                findings.error(
                    target.place, "\(target.value) takes FHIR, and acknowledgements are HL7 v2; write another")
            }
        }
    }

    /// Two senders that the same message fits equally well.
    private func checkRivals() {
        for (index, sender) in senders.enumerated() {
            for other in senders[..<index] where other.value.rule.rivals(sender.value.rule) {
                let line = other.place.line.map { ":\($0)" } ?? ""
                findings.error(
                    sender.place,
                    "the same messages fit the sender at \(other.place.file)\(line); tell them apart by as:, "
                        + "certificate: or listener:, or make them one")
            }
        }
    }

    /// FHIR has no times without an offset: a sender of FHIR must say in which zone it writes them.
    private func checkTimeZones() {
        for sender in senders {
            let rule = sender.value.rule
            let mayBook = rule.timezone == TimeZoneSetting.none && rule.allows(code: "SIU", event: "S12")
            guard rule.timezone == nil || mayBook else { continue }
            for route in routes.map(\.value) where route.names(sender.value.provider) {
                guard let target = route.to.first(where: { endpoint(named: $0)?.isFHIR ?? false }) else { continue }
                if mayBook {
                    findings.warning(
                        sender.place,
                        "without a time zone its booked appointments (SIU) are held for \(target), since FHIR needs "
                            + "their exact times; write timezone: AREA/PLACE, or messages: without SIU")
                    break
                }
                findings.error(
                    sender.place,
                    "this sender's messages become FHIR at \(target) (route \(route.name)); write the time zone of "
                        + "its times, timezone: America/Chicago, or timezone: none if nobody knows")
                break
            }
        }
    }
}
