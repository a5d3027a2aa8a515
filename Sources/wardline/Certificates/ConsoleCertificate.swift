internal import Foundation
internal import Interfaces

/// The certificate of the web console where the interfaces name none: made by the broker, for this machine only.
struct ConsoleCertificate {
    /// The data folder.
    let folder: String

    private static let days = 397
    /// Made anew when fewer are left.
    private static let daysMin = 30

    /// The files, made if they are not there or about to expire.
    func files() throws -> ListenerSettings.TLS {
        let certificates = CertificateFolder(path: folder + "/console")
        let now = Date()
        let authority = try certificates.authority(replacing: false, now: now).authority
        let current = try certificates.entries().first { $0.file.hasSuffix("/console.pem") }
        _ = try certificates.issue(
            "console", .local("console"), from: authority, days: Self.days,
            replacing: current.map { $0.daysLeft(at: now) < Self.daysMin } ?? false, now: now)
        return ListenerSettings.TLS(
            certificate: certificates.path + "/console.pem", key: certificates.path + "/console.key")
    }
}
