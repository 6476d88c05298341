// What an installation can set, as values that cannot be wrong. The options themselves are declared in
// ConfigurationOption.swift; a value comes from the command line, the environment, the file or the default, in that order.

/// The settings of one installation, checked.
public struct Configuration: Sendable {
    /// libpq connection string of the worker's login role.
    public internal(set) var databaseURL = ""
    /// libpq connection string with which `coffer` becomes coffer_owner; workers never use it.
    public internal(set) var ownerDatabaseURL = ""
    /// Where the bytes lie: `file:///absolute/path`, or `s3://bucket/prefix?endpoint=…&region=…&style=…`.
    public internal(set) var storageURL = ""
    /// PEM file of certificates to trust for S3; nil for the system's.
    public internal(set) var storageCertificateFile: String?
    /// File of credentials for S3; nil for the shared one.
    public internal(set) var storageCredentialsFile: String?
    /// What precedes every route in a request's path: empty, or `/some/path` without a slash at its end.
    public internal(set) var basePath = ""
    /// The largest upload in bytes; nil is no limit.
    public internal(set) var maximumUploadBytes: Int64?
    /// The most rows one read answers.
    public internal(set) var maximumRows = 0
    /// Life of a session in seconds.
    public internal(set) var sessionSeconds = 0
    /// Failed logins of one account in 15 minutes, after which it is refused for a while.
    public internal(set) var loginFailures = 0
    /// Failed logins from one address in 15 minutes, after which it is refused for a while.
    public internal(set) var loginAddressFailures = 0
    /// Whether the audit log tells of downloads.
    public internal(set) var auditsDownloads = false
    /// How long a worker waits for one round trip to the database.
    public internal(set) var databaseTimeout = Duration.zero
    /// Origins (RFC 6454) whose pages may read answers; none by default.
    public internal(set) var crossOrigins: [String] = []
    /// Off behind a connection pool that shares connections between transactions.
    public internal(set) var preparesStatements = true
    /// How long the bytes of a deleted file stay for readers that have begun, in seconds.
    public internal(set) var graceSeconds = 0
    /// Whether workers do a share of gc after requests.
    public internal(set) var workersCollect = true
    /// Number of worker processes of `coffer serve`.
    public internal(set) var workers = 0
    /// The unix socket of `coffer serve`, absolute.
    public internal(set) var socketPath = ""
    /// Permission bits of that socket.
    public internal(set) var socketMode: UInt32 = 0
    /// Group of that socket; nil leaves the process's group.
    public internal(set) var socketGroup: String?
    /// The least important entry that is logged.
    public internal(set) var logLevel = LogLevel.warning

    /// Every option with its text and where it came from, in the order of declaration.
    public private(set) var settings: [Setting] = []

    /// How important a log entry is.
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

    /// Where a file of options is looked for when COFFER_CONFIG does not say.
    static let defaultPath = "/etc/coffer/coffer.conf"

    /// Reads and checks every option.
    ///
    /// - Parameters:
    ///   - arguments: values given on the command line, by name of the option; they come first.
    ///   - environment: looks up an environment variable. Unknown COFFER_ variables are never asked for.
    ///   - file: path (for messages) and content of the file of options, nil where there is none.
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

    /// Where a value came from.
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

    /// The value of one option, for people to read.
    public struct Setting: Sendable {
        public let option: ConfigurationOption
        /// As it was written; may hold a password.
        let value: String
        public let origin: Origin

        /// The value without any password in it.
        public var shown: String { option.isSecret ? withoutSecrets(value) : value }
    }
}
