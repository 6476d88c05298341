// The settings of an installation, checked. ConfigurationOption.swift declares the options. The first of these that has
// a value counts: the command line, the environment, the configuration file, the default.

/// The checked settings of an installation.
public struct Configuration: Sendable {
    /// The libpq connection string of the workers' login role.
    public internal(set) var databaseURL = ""
    /// The libpq connection string with which `coffer` becomes coffer_owner. Workers do not use it.
    public internal(set) var ownerDatabaseURL = ""
    /// Where blobs are stored: `file:///absolute/path`, or `s3://bucket/prefix?endpoint=…&region=…&style=…`.
    public internal(set) var storageURL = ""
    /// A PEM file of certificates to trust for S3. nil for the system's certificates.
    public internal(set) var storageCertificateFile: String?
    /// A file of credentials for S3. nil for `~/.aws/credentials`.
    public internal(set) var storageCredentialsFile: String?
    /// The prefix of every route: empty, or `/some/path` without a slash at its end.
    public internal(set) var basePath = ""
    /// The largest upload in bytes. nil for no limit.
    public internal(set) var maximumUploadBytes: Int64?
    /// The largest number of rows in one response.
    public internal(set) var maximumRows = 0
    /// The lifetime of a session in seconds.
    public internal(set) var sessionSeconds = 0
    /// The number of failed logins of one account within 15 minutes that blocks it for a while.
    public internal(set) var loginFailures = 0
    /// The number of failed logins from one address within 15 minutes that blocks it for a while.
    public internal(set) var loginAddressFailures = 0
    /// Whether the audit log records downloads.
    public internal(set) var auditsDownloads = false
    /// The longest wait for one round trip to the database.
    public internal(set) var databaseTimeout = Duration.zero
    /// The origins (RFC 6454) whose pages may use the API, besides the site's own.
    public internal(set) var crossOrigins: [String] = []
    /// Whether connections keep prepared statements. They cannot behind a pool that shares connections between
    /// transactions.
    public internal(set) var preparesStatements = true
    /// How long the blob of a deleted or replaced file is kept for downloads in progress, in seconds.
    public internal(set) var graceSeconds = 0
    /// How long deleted files stay in the trash, in days. 0 for no trash.
    public internal(set) var trashDays = 0
    /// How long replaced contents stay in the trash, in days. 0 for no versions.
    public internal(set) var versionDays = 0
    /// How long a resumable upload is kept after its last byte, in seconds.
    public internal(set) var uploadSeconds: Int64 = 0
    /// Whether workers collect garbage after requests.
    public internal(set) var workersCollect = true
    /// The number of worker processes of `coffer serve`.
    public internal(set) var workers = 0
    /// Where `coffer serve` listens.
    public internal(set) var socket = SocketAddress.path("")
    /// The IPv4 addresses that may connect to workers over TCP.
    public internal(set) var webServers: [String] = []
    /// The permission bits of the socket.
    public internal(set) var socketMode: UInt32 = 0
    /// The group of the socket. nil for the group of the process.
    public internal(set) var socketGroup: String?
    /// The URL of the site without a slash at its end. nil if it is not known. Only `coffer doctor` uses it.
    public internal(set) var publicURL: String?
    /// The reasons for which `coffer doctor` ignores the outcome of checks, by the check's id.
    public internal(set) var silencedChecks: [String: String] = [:]
    /// The token with which a monitoring system may read the metrics. nil if there is none.
    public internal(set) var metricsToken: String?
    /// Whether clients on a loopback address may read the metrics without the token.
    public internal(set) var opensMetricsToLoopback = false
    /// The lowest level that is logged.
    public internal(set) var logLevel = LogLevel.warning

    /// All options with their values and origins, in the order of `ConfigurationOption.all`.
    public private(set) var settings: [Setting] = []

    /// The severity of a log entry.
    public enum LogLevel: String, CaseIterable, Sendable, Comparable {
        case debug, info, warning, error

        private var rank: Int {
            switch self {
            case .debug: 0
            case .info: 1
            case .warning: 2
            case .error: 3
            }
        }

        public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rank < b.rank }
    }

    /// The path of the configuration file unless COFFER_CONFIG names another one.
    public static let defaultPath = "/etc/coffer/coffer.conf"

    /// Reads and checks every option.
    ///
    /// - Parameters:
    ///   - arguments: the values from the command line, by the option's name.
    ///   - environment: returns the value of an environment variable.
    ///   - file: the path (for messages) and the text of the configuration file. nil if there is no file.
    /// - Throws: `ConfigurationError` for the first value that is invalid, and for an unknown option in the file. An
    ///   unknown environment variable is not an error.
    public init(
        arguments: [String: String] = [:], environment: (String) -> String?, file: (path: String, text: String)? = nil
    ) throws(ConfigurationError) {
        let entries = if let file { try ConfigurationFile.parse(file.text, path: file.path) } else { [Entry]() }
        settings.reserveCapacity(ConfigurationOption.all.count)
        for option in ConfigurationOption.all {
            let (value, origin): (String, Origin)
            if let argument = arguments[option.name] {
                (value, origin) = (argument, .commandLine)
            } else if let variable = environment(option.name) {
                (value, origin) = (variable, .environment)
            } else if let file, let entry = entries.last(where: { $0.name == option.name }) {
                (value, origin) = (entry.value, .file(path: file.path, line: entry.line))
            } else {
                (value, origin) = (option.defaultValue, .default)
            }
            do {
                try option.store(&self, value)
            } catch {
                throw ConfigurationError(option: option.name, problem: error.text, origin: origin)
            }
            settings.append(Setting(option: option, value: value, origin: origin))
        }
    }

    typealias Entry = ConfigurationFile.Entry

    /// Where the value of an option came from.
    public enum Origin: Equatable, Sendable, CustomStringConvertible {
        case `default`, environment, commandLine
        case file(path: String, line: Int)

        public var description: String {
            switch self {
            case .default: "default"
            case .environment: "environment"
            case .commandLine: "command line"
            case .file(let path, let line): "\(path):\(line)"
            }
        }
    }

    /// An option with its value.
    public struct Setting: Sendable {
        public let option: ConfigurationOption
        /// The text as it was written. It may contain a password.
        let value: String
        public let origin: Origin

        /// The value with `***` instead of passwords.
        public var shown: String {
            switch option.secrecy {
            case .public: value
            case .parts: withoutSecrets(value)
            case .whole: value.isEmpty ? "" : "***"
            }
        }

        /// Whether the value contains a password.
        public var hidesPassword: Bool { shown != value }
    }
}
