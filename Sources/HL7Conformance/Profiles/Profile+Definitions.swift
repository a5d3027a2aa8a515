extension Profile {
    /// The definitions that messages of a version are read by: those of the version, and if it is the profile's own
    /// also what the profile defines itself, such as its Z segments.
    ///
    ///     profile.definitions(of: .v2_5_1).segment("ZPI")?.field(2)?.name
    public func definitions(of version: Version) -> Definitions { Definitions(data: definitions(for: version)) }
}
