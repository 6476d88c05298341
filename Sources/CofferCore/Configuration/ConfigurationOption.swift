// The only list of options. Parsing, `coffer config` and docs/CONFIGURATION.md use it.

/// An option of an installation: an environment variable, or a line of the configuration file.
public struct ConfigurationOption: Sendable {
    public let name: String
    /// The default value as text.
    let defaultValue: String
    /// The form of a value, for people.
    public let form: String
    public let help: String
    /// What of a value must not be shown.
    let secrecy: Secrecy
    /// Checks a text, and stores its value in the configuration.
    let store: @Sendable (inout Configuration, String) throws(ValueProblem) -> Void

    enum Secrecy {
        /// All may be shown.
        case `public`
        /// A value may contain a password.
        case parts
        /// A value is a password.
        case whole
    }

    /// The problem of a value, as the end of a sentence that begins with the option's name. It contains no secret.
    struct ValueProblem: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }

    /// All options, in the order of the documentation.
    public static let all: [ConfigurationOption] = [
        .connection(
            "COFFER_DATABASE_URL", "dbname=coffer user=coffer_authenticator",
            "The database, with the workers' login role. The guide has examples for TLS, several servers and pgbouncer."
        ) { $0.databaseURL = $1 },
        .connection(
            "COFFER_OWNER_DATABASE_URL", "dbname=coffer",
            "The database, with a superuser or a role that may become coffer_owner. Only `coffer` uses it."
        ) { $0.ownerDatabaseURL = $1 },
        .storage(
            "COFFER_STORAGE_URL", "file:///var/lib/coffer/blobs",
            "Where the bytes of the files are stored: a directory or an S3 bucket."
        ) { $0.storageURL = $1 },
        .file("COFFER_S3_CA_FILE", "Certificates (PEM) to trust for S3, instead of the system's.") {
            $0.storageCertificateFile = $1
        },
        .file(
            "COFFER_S3_CREDENTIALS_FILE",
            "Credentials for S3, in the format of ~/.aws/credentials, read for each request. "
                + "AWS_ variables take precedence."
        ) { $0.storageCredentialsFile = $1 },
        .basePath(
            "COFFER_BASE_PATH",
            "The prefix of every path in a request. Leave it empty behind nginx; its site has no prefix."
        ) { $0.basePath = $1 },
        .number(
            "COFFER_MAX_UPLOAD_BYTES", 0, 0...Int64.max,
            "The largest upload in bytes. 0 means no limit. nginx has its own limit: `nginx-site --max-body`."
        ) { $0.maximumUploadBytes = $1 == 0 ? nil : $1 },
        .number("COFFER_MAX_ROWS", 1000, 1...1_000_000, "The largest number of rows in one answer.") {
            $0.maximumRows = Int($1)
        },
        .number("COFFER_SESSION_SECONDS", 43200, 60...2_592_000, "The lifetime of a session, in seconds.") {
            $0.sessionSeconds = Int($1)
        },
        .number(
            "COFFER_LOGIN_FAILURES", 10, 1...1_000_000,
            "Failed logins of one account within 15 minutes before it is blocked for a while."
        ) { $0.loginFailures = Int($1) },
        .number(
            "COFFER_LOGIN_ADDRESS_FAILURES", 10, 1...1_000_000,
            "Failed logins from one address within 15 minutes before it is blocked. Raise it if many users share one."
        ) { $0.loginAddressFailures = Int($1) },
        .toggle(
            "COFFER_AUDIT_DOWNLOADS", false,
            "Record downloads in the audit log. Each one then waits for the disk; the web app's are recorded twice."
        ) { $0.auditsDownloads = $1 },
        .number(
            "COFFER_DATABASE_TIMEOUT_SECONDS", 10, 1...3600,
            "The longest wait for one round trip to the database, in seconds. Statements end after nine tenths of it."
        ) { $0.databaseTimeout = .seconds($1) },
        .origins("COFFER_CORS_ORIGINS", "Other origins whose pages may use the API. Empty means none.") {
            $0.crossOrigins = $1
        },
        .toggle(
            "COFFER_PREPARED_STATEMENTS", true,
            "Keep prepared statements between requests. Switch it off behind a pgbouncer that pools transactions."
        ) { $0.preparesStatements = $1 },
        .number(
            "COFFER_GRACE_SECONDS", 3600, 0...31_536_000,
            "How long the bytes of a deleted or replaced file are kept for downloads in progress, in seconds."
        ) { $0.graceSeconds = Int($1) },
        .number(
            "COFFER_TRASH_DAYS", 30, 0...36_500,
            "How long deleted files stay in the trash, in days. 0 means no trash: what is deleted is gone."
        ) { $0.trashDays = Int($1) },
        .number(
            "COFFER_VERSION_DAYS", 30, 0...36_500,
            "How long replaced contents stay as versions, in days. 0 means no versions."
        ) { $0.versionDays = Int($1) },
        .number(
            "COFFER_UPLOAD_DAYS", 3, 1...365,
            "How long a resumable upload is kept after its last byte, in days. Its length counts toward the quota."
        ) { $0.uploadSeconds = $1 * 86_400 },
        .toggle(
            "COFFER_WORKER_GC", true,
            "Let the workers remove garbage, about once a minute. Switch it off if cron runs `coffer gc`."
        ) { $0.workersCollect = $1 },
        .number("COFFER_WORKERS", 4, 1...1024, "The number of worker processes.") { $0.workers = Int($1) },
        .socket(
            "COFFER_SOCKET", "/run/coffer/coffer.sock",
            "The socket of the workers: a Unix socket, or an address of this host for web servers on other hosts."
        ) { $0.socket = $1 },
        .addresses(
            "COFFER_WEB_SERVERS",
            "The addresses of the web servers, which may connect to workers over TCP. No others may."
        ) { $0.webServers = $1 },
        .mode("COFFER_SOCKET_MODE", "0660", "The permissions of the socket.") { $0.socketMode = $1 },
        .text(
            "COFFER_SOCKET_GROUP", "", form: "name of a group, or empty",
            "The group of the socket. Empty keeps the group of the process."
        ) { $0.socketGroup = $1.isEmpty ? nil : $1 },
        .siteURL(
            "COFFER_PUBLIC_URL", "The URL under which people reach the site. Only `coffer doctor` uses it."
        ) { $0.publicURL = $1 },
        .silencedChecks(
            "COFFER_DOCTOR_SILENCED",
            "Checks of `coffer doctor` whose outcome does not count, each with the reason, which is shown."
        ) { $0.silencedChecks = $1 },
        .logLevel(
            "COFFER_LOG_LEVEL", .warning,
            "The lowest level that is logged, to standard error. `info` has a line for each request."
        ) { $0.logLevel = $1 },
        .token(
            "COFFER_METRICS_TOKEN",
            "The token with which a monitoring system reads `/metrics`, as `Authorization: Bearer`. Empty means none."
        ) { $0.metricsToken = $1 },
        .toggle(
            "COFFER_METRICS_LOOPBACK", false,
            "Let clients on a loopback address read `/metrics` without the token. Not with a proxy or tunnel in front."
        ) { $0.opensMetricsToLoopback = $1 },
    ]
}
