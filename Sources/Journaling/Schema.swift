/// The tables of `journal.sqlite` and how older files become current ones.
///
/// No foreign keys; every row is reachable by a range of seq. Times are microseconds since 1970-01-01
/// UTC. Lane keys and patient references are 8 bytes each, big endian, one after the other. The
/// transaction that an acknowledgement waits for writes `entry`, `body`, `event`, `batch`, `tree` and
/// one index.
enum Schema {
    /// Stored in the file's header, so that a file of another program is refused: "WDLN".
    static let applicationId: Int64 = 0x5744_4C4E

    /// Element n takes a file from version n to n + 1. Never change one that was released.
    static let migrations: [String] = [version1, version2, version3, version4]

    private static let version1 = """
        CREATE TABLE entry (
            seq INTEGER PRIMARY KEY,        -- given by the journal, never used again (tree.seq)
            receivedAt INTEGER NOT NULL,
            disposition INTEGER NOT NULL,
            routing INTEGER NOT NULL,
            listener TEXT NOT NULL,
            provider TEXT,
            sender TEXT NOT NULL,
            peer TEXT NOT NULL,
            controlId TEXT NOT NULL,
            type TEXT NOT NULL,
            version TEXT NOT NULL,
            laneKeys BLOB NOT NULL,
            patients BLOB NOT NULL,
            answer BLOB NOT NULL,
            findings BLOB,
            configuration BLOB NOT NULL,
            parent INTEGER,
            digest INTEGER NOT NULL,        -- first 8 bytes of sha256
            sha256 BLOB NOT NULL,
            bodyCount INTEGER NOT NULL,
            deliveryCount INTEGER NOT NULL,
            event INTEGER NOT NULL          -- n of its first event
        );
        CREATE INDEX entryControlId ON entry (controlId, sender, digest);

        CREATE TABLE body (
            seq INTEGER PRIMARY KEY,
            keyId INTEGER NOT NULL,         -- 0: not encrypted
            format INTEGER NOT NULL,        -- 0: as received
            bytes BLOB NOT NULL
        );

        CREATE TABLE delivery (
            seq INTEGER NOT NULL,
            endpoint TEXT NOT NULL,
            route TEXT NOT NULL,
            state INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            nextTry INTEGER,
            reason TEXT,
            configuration BLOB NOT NULL,
            settledAt INTEGER,
            sentSHA256 BLOB,
            answer BLOB,
            PRIMARY KEY (seq, endpoint)
        ) WITHOUT ROWID;
        CREATE INDEX deliveryUnsettled ON delivery (endpoint, seq) WHERE state < 2;

        CREATE TABLE sent (
            seq INTEGER NOT NULL,
            endpoint TEXT NOT NULL,
            bytes BLOB NOT NULL,
            PRIMARY KEY (seq, endpoint)
        );

        CREATE TABLE attempt (
            seq INTEGER NOT NULL,
            endpoint TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            at INTEGER NOT NULL,
            ms INTEGER NOT NULL,
            result TEXT NOT NULL,
            text TEXT,
            PRIMARY KEY (seq, endpoint, attempt)
        ) WITHOUT ROWID;

        CREATE TABLE event (
            n INTEGER PRIMARY KEY,
            seq INTEGER,
            bytes BLOB NOT NULL,            -- hashed as they stand, never re-encoded
            leaf BLOB NOT NULL
        );
        -- Events about an entry after its first one.
        CREATE TABLE trail (seq INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (seq, n)) WITHOUT ROWID;

        -- One row a commit with events: a second record of their leaves, and the root after them.
        CREATE TABLE batch (
            size INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            root BLOB NOT NULL,
            leaves BLOB NOT NULL
        );
        -- One row: the tree as it stands, the last seq, and the seq up to which the router has been.
        CREATE TABLE tree (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            size INTEGER NOT NULL,
            root BLOB NOT NULL,
            frontier BLOB NOT NULL,
            seq INTEGER NOT NULL,
            routedMark INTEGER NOT NULL
        );

        CREATE TABLE control (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            operation TEXT NOT NULL,
            seq INTEGER,
            endpoint TEXT,
            actor TEXT NOT NULL,
            reason TEXT NOT NULL
        );
        CREATE TABLE pause (
            endpoint TEXT PRIMARY KEY,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT NOT NULL
        ) WITHOUT ROWID;
        -- Entries released by a person: they wait for the router below the routed mark.
        CREATE TABLE released (seq INTEGER PRIMARY KEY);

        CREATE TABLE counter (
            hour INTEGER NOT NULL,          -- hours since 1970-01-01 UTC
            name TEXT NOT NULL,
            n INTEGER NOT NULL,
            PRIMARY KEY (hour, name)
        ) WITHOUT ROWID;
        CREATE TABLE configuration (hash BLOB PRIMARY KEY, bytes BLOB NOT NULL);
        CREATE TABLE secret (name TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
        """

    /// Retention: an entry keeps the number of its settled deliveries that were removed, so that the ledger still
    /// balances; and the resends of an entry are found, which need its body.
    private static let version2 = """
        ALTER TABLE entry ADD COLUMN deliveredRemoved INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE entry ADD COLUMN skippedRemoved INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX entryResent ON entry (parent) WHERE disposition = 6;
        """

    /// Lanes: identities that stand for one person after a merge or a link. Pauses that end by themselves.
    private static let version3 = """
        CREATE TABLE alias (
            id INTEGER PRIMARY KEY,
            key INTEGER NOT NULL,           -- the bits of a lane key, the smaller one of two
            other INTEGER NOT NULL,
            isLink INTEGER NOT NULL,        -- 1: until it is unlinked
            seq INTEGER NOT NULL            -- of the entry that said so
        );
        CREATE UNIQUE INDEX aliasPair ON alias (key, other, isLink);
        ALTER TABLE pause ADD COLUMN until INTEGER;
        ALTER TABLE control ADD COLUMN until INTEGER;
        """

    /// Audit events that were removed, and how much the text of messages takes (counted as it comes and goes from now on).
    private static let version4 = """
        -- Events 1 to size are removed or being removed. The signed head of that size proves root and frontier.
        CREATE TABLE sealed (
            size INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            root BLOB NOT NULL,
            frontier BLOB NOT NULL,         -- hashes of the subtrees, as in tree
            head BLOB NOT NULL              -- the signed head, as its line
        );
        INSERT INTO counter (hour, name, n) VALUES (0, 'textByte',
            (SELECT coalesce(sum(length(bytes)), 0) FROM body) + (SELECT coalesce(sum(length(bytes)), 0) FROM sent));
        """

    /// Brings a file to the current version. Each step is one transaction.
    ///
    /// - Throws: `unreadable` if the file is newer or belongs to another program.
    static func migrate(_ connection: SQLiteConnection) throws(JournalError) {
        let version = Int(try connection.integer("PRAGMA user_version"))
        let application = try connection.integer("PRAGMA application_id")
        guard version == 0 && application == 0 || application == applicationId else {
            throw JournalError(.unreadable, "\(connection.path) is not a journal of this program")
        }
        guard version <= migrations.count else {
            throw JournalError(
                .unreadable,
                "\(connection.path) is of version \(version), this program knows up to \(migrations.count): "
                    + "start the newer program, or restore a backup made before the upgrade")
        }
        for next in version..<migrations.count {
            try connection.execute("BEGIN IMMEDIATE")
            try connection.execute(migrations[next])
            try connection.execute("PRAGMA application_id = \(applicationId)")
            try connection.execute("PRAGMA user_version = \(next + 1)")
            try connection.execute("COMMIT")
        }
    }
}
