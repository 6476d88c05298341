import Testing

@testable import CofferCore

@Suite struct ConfigurationTests {
    /// Reads options from dictionaries instead of the environment and a file.
    private func configuration(
        _ environment: [String: String] = [:], file: String? = nil, arguments: [String: String] = [:]
    ) throws(ConfigurationError) -> Configuration {
        try Configuration(
            arguments: arguments, environment: { environment[$0] }, file: file.map { ("/etc/coffer/coffer.conf", $0) })
    }

    private func problem(_ environment: [String: String] = [:], file: String? = nil) -> String? {
        do {
            _ = try configuration(environment, file: file)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `every default passes its own check`() throws {
        let defaults = try configuration()
        #expect(defaults.maximumUploadBytes == nil)
        #expect(defaults.maximumRows == 1000)
        #expect(defaults.databaseTimeout == .seconds(10))
        #expect(defaults.socketMode == 0o660)
        #expect(defaults.socketGroup == nil)
        #expect(defaults.logLevel == .warning)
        #expect(defaults.settings.allSatisfy { $0.origin == .default })
    }

    @Test func `the command line precedes the environment, and that the file`() throws {
        let file = "COFFER_WORKERS=1\nCOFFER_MAX_ROWS=10\nCOFFER_BASE_PATH=/x\n"
        let read = try configuration(
            ["COFFER_WORKERS": "2", "COFFER_MAX_ROWS": "20"], file: file, arguments: ["COFFER_WORKERS": "3"])
        #expect(read.workers == 3)
        #expect(read.maximumRows == 20)
        #expect(read.basePath == "/x")
    }

    @Test func `the dump has the purpose, the value and the origin of each option`() throws {
        let file = """
            # Ours
            COFFER_STORAGE_URL="file:///srv/blobs"

              COFFER_MAX_UPLOAD_BYTES = 1048576
            """
        let read = try configuration(
            ["COFFER_DATABASE_URL": "postgresql://coffer:s3cret@db/coffer", "COFFER_LOG_LEVEL": "info"], file: file,
            arguments: ["COFFER_WORKERS": "8"])
        #expect(read.dump == golden)
    }

    @Test func `of a token, the dump shows only that there is one`() throws {
        let token = "abcdefghijklmnop-._~+/=09AZ"
        let read = try configuration(["COFFER_METRICS_TOKEN": token])
        #expect(read.metricsToken == token)
        #expect(read.dump.contains("\nCOFFER_METRICS_TOKEN=\"***\"\n") && !read.dump.contains(token))
        #expect(try configuration().metricsToken == nil)
    }

    @Test func `the workers listen on TCP for the web servers that are named`() throws {
        let read = try configuration(["COFFER_SOCKET": "10.0.0.11:9000", "COFFER_WEB_SERVERS": "10.0.0.1, 10.0.0.2"])
        #expect(read.socket == .tcp(address: "10.0.0.11", port: 9000) && "\(read.socket)" == "10.0.0.11:9000")
        #expect(read.webServers == ["10.0.0.1", "10.0.0.2"])
        #expect(try configuration().socket == .path("/run/coffer/coffer.sock"))
    }

    @Test func `the dump can be read back`() throws {
        let value = #"host=/run/postgresql dbname='a "$b` \\ c'"#
        let first = try configuration(["COFFER_DATABASE_URL": value, "COFFER_SOCKET_GROUP": "www-data"])
        let second = try configuration(file: first.dump)
        #expect(second.databaseURL == value)
        #expect(second.socketGroup == "www-data")
    }

    @Test(arguments: [
        ("COFFER_MAX_ROWS", "many", "COFFER_MAX_ROWS: “many” is not a whole number from 1 to 1000000 (environment)"),
        ("COFFER_MAX_ROWS", "0", "COFFER_MAX_ROWS: “0” is not a whole number from 1 to 1000000 (environment)"),
        (
            "COFFER_MAX_UPLOAD_BYTES", "-1",
            "COFFER_MAX_UPLOAD_BYTES: “-1” is not a whole number, at least 0 (environment)"
        ),
        ("COFFER_PREPARED_STATEMENTS", "maybe", "COFFER_PREPARED_STATEMENTS: “maybe” is not on or off (environment)"),
        (
            "COFFER_SOCKET_MODE", "0999",
            "COFFER_SOCKET_MODE: “0999” is not octal permissions, such as 0660 (environment)"
        ),
        (
            "COFFER_SOCKET", "coffer.sock",
            "COFFER_SOCKET: must be an absolute path, or an IPv4 address and a port (environment)"
        ),
        (
            "COFFER_SOCKET", "localhost:9000",
            "COFFER_SOCKET: must be an absolute path, or an IPv4 address and a port (environment)"
        ),
        (
            "COFFER_SOCKET", "10.0.0.1:0",
            "COFFER_SOCKET: must be an absolute path, or an IPv4 address and a port (environment)"
        ),
        (
            "COFFER_WEB_SERVERS", "10.0.0.1,10.0.0.01",
            "COFFER_WEB_SERVERS: “10.0.0.01” is not an IPv4 address, such as 10.0.0.1 (environment)"
        ),
        ("COFFER_BASE_PATH", "/a/", "COFFER_BASE_PATH: must begin with a slash and not end with one (environment)"),
        (
            "COFFER_STORAGE_URL", "/srv",
            "COFFER_STORAGE_URL: must be file:///absolute/path or s3://bucket/prefix?endpoint=… (environment)"
        ),
        (
            "COFFER_STORAGE_URL", "s3://bucket?zone=a",
            "COFFER_STORAGE_URL: has an unknown parameter: “zone” (environment)"
        ),
        ("COFFER_S3_CA_FILE", "ca.pem", "COFFER_S3_CA_FILE: must be an absolute path (environment)"),
        (
            "COFFER_DATABASE_URL", "coffer",
            "COFFER_DATABASE_URL: must be a postgresql:// URI or a list of keyword=value (environment)"
        ),
        (
            "COFFER_CORS_ORIGINS", "https://a.example, *",
            "COFFER_CORS_ORIGINS: “*” is not an origin, such as https://app.example (environment)"
        ),
        (
            "COFFER_CORS_ORIGINS", "https://",
            "COFFER_CORS_ORIGINS: “https://” is not an origin, such as https://app.example (environment)"
        ),
        (
            "COFFER_PUBLIC_URL", "files.example.org",
            "COFFER_PUBLIC_URL: “files.example.org” is not the URL of a site, such as https://files.example.org "
                + "(environment)"
        ),
        (
            "COFFER_DOCTOR_SILENCED", "a.b: why; c.d",
            "COFFER_DOCTOR_SILENCED: “c.d” lacks the reason; write id: reason (environment)"
        ),
        (
            "COFFER_METRICS_TOKEN", "fifteen-letters",
            "COFFER_METRICS_TOKEN: must be at least 16 letters, digits or characters of -._~+/=, or empty (environment)"
        ),
        (
            "COFFER_METRICS_TOKEN", "sixteen letters.",
            "COFFER_METRICS_TOKEN: must be at least 16 letters, digits or characters of -._~+/=, or empty (environment)"
        ),
        (
            "COFFER_LOG_LEVEL", "loud",
            "COFFER_LOG_LEVEL: “loud” is not one of debug, info, warning, error (environment)"
        ),
    ])
    func `an invalid value is an error that names the option and the problem`(
        name: String, value: String, text: String
    ) {
        #expect(problem([name: value]) == text)
    }

    @Test func `the URL of the site has no slash at its end`() throws {
        #expect(try configuration(["COFFER_PUBLIC_URL": "https://a.example/"]).publicURL == "https://a.example")
        #expect(try configuration(["COFFER_PUBLIC_URL": "http://[::1]:80/a/b/"]).publicURL == "http://[::1]:80/a/b")
        #expect(try configuration(["COFFER_PUBLIC_URL": ""]).publicURL == nil)
        for text in ["https://", "https:///", "https://a?b", "https://a b", "https://user@a", "ftp://a"] {
            #expect(problem(["COFFER_PUBLIC_URL": text]) != nil, "\(text)")
        }
    }

    @Test func `a check is silenced with a reason, which may contain colons`() throws {
        let read = try configuration(["COFFER_DOCTOR_SILENCED": " a.b: no pool: we use CGI ;c.d:why; "])
        #expect(read.silencedChecks == ["a.b": "no pool: we use CGI", "c.d": "why"])
        #expect(problem(["COFFER_DOCTOR_SILENCED": "a.b:"]) != nil)
    }

    @Test func `environment variables that are not options are ignored`() {
        #expect(problem(["COFFER_URL": "http://localhost:8080"]) == nil)
    }
}

private let golden = """
    # The database, with the workers' login role. The guide has examples for TLS, several servers and pgbouncer.
    # Takes: libpq connection string or URI. From: environment.
    COFFER_DATABASE_URL="postgresql://coffer:***@db/coffer"

    # The database, with a superuser or a role that may become coffer_owner. Only `coffer` uses it.
    # Takes: libpq connection string or URI. From: default.
    COFFER_OWNER_DATABASE_URL=dbname=coffer

    # Where the bytes of the files are stored: a directory or an S3 bucket.
    # Takes: file:///absolute/path or s3://bucket/prefix?endpoint=…&region=…&style=…. From: /etc/coffer/coffer.conf:2.
    COFFER_STORAGE_URL=file:///srv/blobs

    # Certificates (PEM) to trust for S3, instead of the system's.
    # Takes: absolute path of a file, or empty. From: default.
    COFFER_S3_CA_FILE=

    # Credentials for S3, in the format of ~/.aws/credentials, read for each request. AWS_ variables take precedence.
    # Takes: absolute path of a file, or empty. From: default.
    COFFER_S3_CREDENTIALS_FILE=

    # The prefix of every path in a request. Leave it empty behind nginx; its site has no prefix.
    # Takes: /path, or empty. From: default.
    COFFER_BASE_PATH=

    # The largest upload in bytes. 0 means no limit. nginx has its own limit: `nginx-site --max-body`.
    # Takes: a whole number, at least 0. From: /etc/coffer/coffer.conf:4.
    COFFER_MAX_UPLOAD_BYTES=1048576

    # The largest number of rows in one answer.
    # Takes: a whole number from 1 to 1000000. From: default.
    COFFER_MAX_ROWS=1000

    # The lifetime of a session, in seconds.
    # Takes: a whole number from 60 to 2592000. From: default.
    COFFER_SESSION_SECONDS=43200

    # Failed logins of one account within 15 minutes before it is blocked for a while.
    # Takes: a whole number from 1 to 1000000. From: default.
    COFFER_LOGIN_FAILURES=10

    # Failed logins from one address within 15 minutes before it is blocked. Raise it if many users share one.
    # Takes: a whole number from 1 to 1000000. From: default.
    COFFER_LOGIN_ADDRESS_FAILURES=10

    # Record downloads in the audit log. Each one then waits for the disk; the web app's are recorded twice.
    # Takes: on or off. From: default.
    COFFER_AUDIT_DOWNLOADS=off

    # The longest wait for one round trip to the database, in seconds. Statements end after nine tenths of it.
    # Takes: a whole number from 1 to 3600. From: default.
    COFFER_DATABASE_TIMEOUT_SECONDS=10

    # Other origins whose pages may use the API. Empty means none.
    # Takes: scheme://host[:port], separated by commas, or empty. From: default.
    COFFER_CORS_ORIGINS=

    # Keep prepared statements between requests. Switch it off behind a pgbouncer that pools transactions.
    # Takes: on or off. From: default.
    COFFER_PREPARED_STATEMENTS=on

    # How long the bytes of a deleted or replaced file are kept for downloads in progress, in seconds.
    # Takes: a whole number from 0 to 31536000. From: default.
    COFFER_GRACE_SECONDS=3600

    # How long deleted files stay in the trash, in days. 0 means no trash: what is deleted is gone.
    # Takes: a whole number from 0 to 36500. From: default.
    COFFER_TRASH_DAYS=30

    # How long replaced contents stay as versions, in days. 0 means no versions.
    # Takes: a whole number from 0 to 36500. From: default.
    COFFER_VERSION_DAYS=30

    # How long a resumable upload is kept after its last byte, in days. Its length counts toward the quota.
    # Takes: a whole number from 1 to 365. From: default.
    COFFER_UPLOAD_DAYS=3

    # Let the workers remove garbage, about once a minute. Switch it off if cron runs `coffer gc`.
    # Takes: on or off. From: default.
    COFFER_WORKER_GC=on

    # The number of worker processes.
    # Takes: a whole number from 1 to 1024. From: command line.
    COFFER_WORKERS=8

    # The socket of the workers: a Unix socket, or an address of this host for web servers on other hosts.
    # Takes: absolute path of at most 107 bytes, or IPv4 address:port. From: default.
    COFFER_SOCKET=/run/coffer/coffer.sock

    # The addresses of the web servers, which may connect to workers over TCP. No others may.
    # Takes: IPv4 addresses separated by commas, or empty. From: default.
    COFFER_WEB_SERVERS=

    # The permissions of the socket.
    # Takes: octal permissions. From: default.
    COFFER_SOCKET_MODE=0660

    # The group of the socket. Empty keeps the group of the process.
    # Takes: name of a group, or empty. From: default.
    COFFER_SOCKET_GROUP=

    # The URL under which people reach the site. Only `coffer doctor` uses it.
    # Takes: https://host[:port][/path], or empty. From: default.
    COFFER_PUBLIC_URL=

    # Checks of `coffer doctor` whose outcome does not count, each with the reason, which is shown.
    # Takes: id: reason; id: reason …, or empty. From: default.
    COFFER_DOCTOR_SILENCED=

    # The lowest level that is logged, to standard error. `info` has a line for each request.
    # Takes: one of debug, info, warning, error. From: environment.
    COFFER_LOG_LEVEL=info

    # The token with which a monitoring system reads `/metrics`, as `Authorization: Bearer`. Empty means none.
    # Takes: at least 16 letters, digits or characters of -._~+/=, or empty. From: default.
    COFFER_METRICS_TOKEN=

    # Let clients on a loopback address read `/metrics` without the token. Not with a proxy or tunnel in front.
    # Takes: on or off. From: default.
    COFFER_METRICS_LOOPBACK=off

    """
