// The one list of options. It drives parsing, `coffer config` and the documentation.

/// One thing an installation can set: an environment variable, or a line of the file of options.
public struct ConfigurationOption: Sendable {
    public let name: String
    /// The value when nobody sets one, as text.
    public let standard: String
    /// What a value looks like, for people.
    public let form: String
    public let help: String
    /// Whether a value may hold a password.
    public let isSecret: Bool
    /// Checks a text and puts its value where it belongs.
    let store: @Sendable (inout Configuration, String) throws(ValueProblem) -> Void

    /// What is wrong with a value, as the end of a sentence; never the value of a secret.
    struct ValueProblem: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }

    /// Every option, in the order in which people read them.
    public static let all: [ConfigurationOption] = [
        .connection(
            "COFFER_DATABASE_URL", "dbname=coffer user=coffer_authenticator",
            "The database, as the workers' login role."
        ) { $0.databaseURL = $1 },
        .connection(
            "COFFER_OWNER_DATABASE_URL", "dbname=coffer",
            "The database, as a role that may become coffer_owner; for the command only."
        ) { $0.ownerDatabaseURL = $1 },
        .storage("COFFER_STORAGE_URL", "file:///var/lib/coffer/blobs", "Where the bytes of the files lie.") {
            $0.storageURL = $1
        },
        .file("COFFER_S3_CA_FILE", "Certificates (PEM) to trust for S3 instead of the system's.") {
            $0.storageCertificateFile = $1
        },
        .file(
            "COFFER_S3_CREDENTIALS_FILE",
            "Credentials for S3, as in ~/.aws/credentials; the AWS_ variables of the environment go first."
        ) { $0.storageCredentialsFile = $1 },
        .basePath("COFFER_BASE_PATH", "What precedes every route in a request's path.") { $0.basePath = $1 },
        .number("COFFER_MAX_UPLOAD_BYTES", 0, 0...Int64.max, "The largest upload in bytes; 0 is no limit.") {
            $0.maximumUploadBytes = $1 == 0 ? nil : $1
        },
        .number("COFFER_MAX_ROWS", 1000, 1...1_000_000, "The most rows one read answers.") {
            $0.maximumRows = Int($1)
        },
        .number("COFFER_SESSION_SECONDS", 43200, 60...2_592_000, "Life of a session.") {
            $0.sessionSeconds = Int($1)
        },
        .number(
            "COFFER_LOGIN_FAILURES", 10, 1...1_000_000,
            "Failed logins of an account in 15 minutes, after which it is refused."
        ) { $0.loginFailures = Int($1) },
        .number(
            "COFFER_LOGIN_ADDRESS_FAILURES", 10, 1...1_000_000,
            "Failed logins from an address in 15 minutes, after which it is refused."
        ) { $0.loginAddressFailures = Int($1) },
        .toggle("COFFER_AUDIT_DOWNLOADS", false, "Whether the audit log tells of downloads.") {
            $0.auditsDownloads = $1
        },
        .number("COFFER_DATABASE_TIMEOUT_SECONDS", 10, 1...3600, "How long a worker waits for the database.") {
            $0.databaseTimeout = .seconds($1)
        },
        .origins("COFFER_CORS_ORIGINS", "Origins whose pages may use the interface; empty is none.") {
            $0.crossOrigins = $1
        },
        .toggle(
            "COFFER_PREPARED_STATEMENTS", true, "Switch off behind a pgbouncer that pools transactions."
        ) { $0.preparesStatements = $1 },
        .number(
            "COFFER_GRACE_SECONDS", 3600, 0...31_536_000, "How long the bytes of a deleted file stay for readers."
        ) { $0.graceSeconds = Int($1) },
        .toggle("COFFER_WORKER_GC", true, "Whether workers remove garbage now and then, as without cron.") {
            $0.workersCollect = $1
        },
        .number("COFFER_WORKERS", 4, 1...1024, "Worker processes of coffer serve.") { $0.workers = Int($1) },
        .socketPath("COFFER_SOCKET", "/run/coffer/coffer.sock", "The unix socket of coffer serve.") {
            $0.socketPath = $1
        },
        .mode("COFFER_SOCKET_MODE", "0660", "Permissions of that socket.") { $0.socketMode = $1 },
        .text("COFFER_SOCKET_GROUP", "", form: "name of a group, or empty", "Group of that socket.") {
            $0.socketGroup = $1.isEmpty ? nil : $1
        },
        .logLevel("COFFER_LOG_LEVEL", .warning, "The least important entry that is logged.") { $0.logLevel = $1 },
    ]
}
