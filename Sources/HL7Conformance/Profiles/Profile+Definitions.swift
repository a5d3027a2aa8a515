extension Profile {
    /// The definitions that messages of a version are read by: those of the version, and if it is the profile's own
    /// also the segments, fields and types that the profile defines. What it calls them, ``name(of:)`` says.
    public func definitions(of version: Version) -> Definitions { Definitions(data: definitions(for: version)) }

    /// What the profile calls a place, `ZPI`, `ZPI-2` or `PID-3.4`; nil if it leaves the name to the version.
    public func name(of place: String) -> String? { names[place] }
}
