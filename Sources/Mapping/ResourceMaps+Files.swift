extension ResourceMaps {
    /// Files laid over those of the program: a file of the same path replaces the one of the program.
    ///
    /// - Throws: ``MapError``, with every mistake in the files.
    public init(overlaying files: MapFiles) throws(MapError) {
        try self.init(BuiltInMaps.files.overlaid(with: files))
    }
}
