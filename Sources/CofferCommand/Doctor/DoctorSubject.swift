// What the checks examine: an installation, with the connections that they share. Only one check at a time uses a
// subject. After a check that took too long, the next ones get a new one.

internal import BlobStore
internal import CofferCore
internal import HTTP
internal import Postgres
internal import Storage
internal import POSIX

final class DoctorSubject: @unchecked Sendable {
    /// What the operator says beside the configuration.
    struct Options: Sendable {
        /// The site's URL. nil for that of the configuration.
        var url: String?
        /// Where to connect instead of the URL's host: `ADDRESS:PORT`.
        var connectTo: String?
        /// A PEM file of trusted certificates for the site, instead of the system's.
        var certificateFile: String?
        /// The account as which the checks that need a session are made. nil for none.
        var email: String?
    }

    let options: Options
    let session: DoctorSession

    init(_ options: Options, _ session: DoctorSession) { (self.options, self.session) = (options, session) }

    /// How long the database and the site may take for one answer.
    static let patience = Duration.seconds(3)

    private var loaded: Configuration?
    private var ownerConnection: OwnerConnection?
    private var workersConnection: Connection?
    private var openedStore: (any BlobStore)?
    private var site: PublicSite?

    func configuration() throws(Failure) -> Configuration {
        if let loaded { return loaded }
        let configuration = try loadConfiguration()
        loaded = configuration
        return configuration
    }

    func owner() throws(Failure) -> OwnerConnection {
        if let ownerConnection { return ownerConnection }
        let connection = try OwnerConnection(configuration(), timeout: Self.patience)
        ownerConnection = connection
        return connection
    }

    /// A connection with the workers' login.
    func workers() throws -> Connection {
        if let workersConnection { return workersConnection }
        let connection = try connectAsWorkers(settings: [:])
        workersConnection = connection
        return connection
    }

    /// A new connection with the workers' login. Workers that keep prepared statements send settings, which some
    /// poolers refuse.
    func connectAsWorkers(settings: KeyValuePairs<String, String>) throws -> Connection {
        try Connection(
            configuration().databaseURL, timeout: Self.patience, preparesStatements: false,
            settings: settings, applicationName: "coffer doctor")
    }

    /// Whether the server lets only some user of this host in with the workers' login, by peer authentication.
    func workersNeedTheirUser() throws -> Bool {
        guard let refusal = Refusal.find(try configuration().databaseURL, limit: Self.patience), refusal.isLocal,
            refusal.sqlState == "28000"
        else { return false }
        let rule = Statement(
            sql: """
                select auth_method = 'peer' as is_peer from pg_catalog.pg_hba_file_rules
                where type = 'local' and database && array['all', current_database()::text]
                    and user_name && array['all', $1]
                order by line_number limit 1
                """)
        // Not as coffer_owner, as this is for superusers. Others cannot know, and the rule is most likely such a one.
        let rules = try? owner().connection.run([Query(rule, [.text(refusal.user)])])[0].readAll {
            try $0.boolean("is_peer")
        }
        return rules.map { $0 == [true] } ?? true
    }

    /// One row of a statement that runs as coffer_owner.
    func read<Value>(
        _ sql: String, _ parameters: [Parameter] = [], _ read: (Row) throws -> Value
    ) throws(Failure) -> Value {
        try owner().call(sql, parameters).readOne(read)
    }

    /// The column `answer` of the only row, as text; empty for null.
    func answer(_ sql: String, _ parameters: [Parameter] = []) throws(Failure) -> String {
        try read(sql, parameters) { try $0.optionalText("answer") ?? "" }
    }

    /// The store that the configuration names. An outage is an error at once.
    func store() throws -> any BlobStore {
        if let openedStore { return openedStore }
        let store = try StoreCache(configuration(), for: .operator).storeWithoutRetries(nil)
        openedStore = store
        return store
    }

    /// nil if the store is a bucket.
    func directory() throws -> String? { (try store() as? any OwnedBlobStore)?.directory }

    func isBucket() throws(Failure) -> Bool { try configuration().storageURL.hasPrefix("s3:") }

    /// The site under its public URL. nil if the URL is not known.
    func publicSite() throws -> PublicSite? {
        if let site { return site }
        guard let url = try options.url ?? configuration().publicURL else { return nil }
        let new = try PublicSite(url, options)
        site = new
        return new
    }
}

extension Verdict {
    static let noDirectory = Verdict.inapplicable("the store is a bucket")
    static let noBucket = Verdict.inapplicable("the store is a directory")
}
