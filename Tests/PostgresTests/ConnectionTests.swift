import Foundation
import Testing

@testable import Postgres

@Suite("Connection")
struct ConnectionTests {
    /// The error of an attempt to connect.
    private func failure(_ conninfo: String) -> PostgresError? {
        do throws(PostgresError) {
            _ = try Connection(conninfo, timeout: .seconds(300), applicationName: "coffer-tests")
            return nil
        } catch {
            return error
        }
    }

    @Test("a connection names the program and uses UTF-8")
    func settings() throws {
        let connection = try TestServer.connect("client_encoding=LATIN1")
        #expect(try connection.value("show application_name") == "coffer-tests")
        #expect(try connection.value("show client_encoding") == "UTF8")
    }

    @Test("a failed attempt to connect reports the reason")
    func refused() throws {
        #expect(failure("host=/nonexistent")?.kind == .connection)
        let error = try #require(failure(TestServer.conninfo + " dbname=nonexistent"))
        #expect(error.kind == .connection && error.message.contains("does not exist"))
        #expect(!error.message.contains("\n"))
    }

    @Test(
        "a malformed connection string, which may contain a password, is not quoted",
        arguments: ["host=/tmp password=a s3cret", "postgres://u:s3cret@[h"])
    func malformed(conninfo: String) {
        #expect(failure(conninfo)?.message == "the connection string is malformed")
    }

    @Test("an attempt to connect to a silent server times out")
    func silent() throws {
        let server = try SilentServer()
        let start = ContinuousClock.now
        #expect(failure("host=\(server.folder) connect_timeout=2")?.kind == .timeout)
        // Of the string's limit, not of ours.
        #expect(start.duration(to: .now) < .seconds(200))
    }

    @Test("a batch times out when the server process is stopped", arguments: [10, 5_000_000])
    func stopped(size: Int) throws {
        // Long enough for a busy server to answer what comes before it is stopped.
        let limit = Duration.seconds(5)
        let connection = try TestServer.connect(timeout: limit)
        let backend = try connection.backend()
        #expect(kill(pid_t(backend), SIGSTOP) == 0)
        defer { kill(pid_t(backend), SIGCONT) }
        let start = ContinuousClock.now
        let error = connection.failure("select $1::bytea", [.bytes(Array(repeating: 1, count: size))])
        #expect(error?.kind == .timeout)
        #expect(start.duration(to: .now) >= limit)
        #expect(!connection.isUsable)
        #expect(connection.failure("select 1")?.kind == .connection)
    }

    @Test("a batch or script that takes too long is cancelled, and the connection is lost")
    func slow() throws {
        let connection = try TestServer.connect(timeout: .milliseconds(2500))
        let failure = connection.failure("select pg_sleep(3600)")
        #expect(failure?.sqlState == "57014" && failure?.message == "no answer from the database within 2.5 seconds")
        #expect(!connection.isUsable)
        let other = try TestServer.connect(timeout: .milliseconds(2500))
        let error = #expect(throws: PostgresError.self) { try other.execute(script: "select pg_sleep(3600)") }
        #expect(error?.sqlState == "57014" && !other.isUsable)
        let busy =
            "select count(*) from pg_stat_activity where query like '%pg_sleep(3600)%' and pid <> pg_backend_pid()"
        #expect(try TestServer.connect().value(busy + " and state = 'active'") == "0")
    }

    @Test("a commit that a cancellation frees from its wait for a standby is no success")
    func missingStandby() throws {
        // The server waits for a standby that does not exist, unless a session says `local`, its default.
        let options = "options='-c synchronous_commit=on'"
        let connection = try TestServer.connect(options, timeout: .milliseconds(2500))
        #expect(connection.failure("create table without_standby()")?.kind == .timeout)
        #expect(!connection.isUsable)
        let other = try TestServer.connect(options, timeout: .milliseconds(2500))
        let error = #expect(throws: PostgresError.self) { try other.execute(script: "drop table without_standby") }
        #expect(error?.kind == .timeout && !other.isUsable)
        // It was carried out all the same.
        #expect(try TestServer.connect().value("select to_regclass('without_standby') is null") == "t")
    }

    @Test("settings outweigh those of the connection string, and leave its others")
    func settingsOfTheConnection() throws {
        let connection = try Connection(
            TestServer.conninfo + " options='-c statement_timeout=9s -c work_mem=5MB'", timeout: .seconds(300),
            settings: ["statement_timeout": "2s"], applicationName: "coffer-tests")
        #expect(try connection.value("show statement_timeout") == "2s")
        #expect(try connection.value("show work_mem") == "5MB")
        #expect(try connection.value("show idle_in_transaction_session_timeout") == "5min")
        #expect(connection.failure("select pg_sleep(300)")?.sqlState == "57014")
        #expect(connection.isUsable)
    }

    @Test("the next batch finds that the server has closed an idle connection")
    func terminatedBefore() throws {
        let connection = try TestServer.connect()
        try terminate(connection)
        let error = try #require(connection.failure("select 1"))
        #expect(error.kind == .connection, "\(error)")
        #expect(!connection.isUsable)
        #expect(connection.failure("select 1")?.kind == .connection)
    }

    @Test("isUsable finds that the server has closed an idle connection")
    func terminatedAsked() throws {
        let connection = try TestServer.connect()
        #expect(connection.isUsable)
        try terminate(connection)
        #expect(!connection.isUsable)
    }

    @Test("a connection that is closed during a batch is lost", arguments: [1, 5])
    func terminatedWithin(queries: Int) throws {
        let connection = try TestServer.connect()
        let end = Query(Statement(sql: "select pg_terminate_backend(pg_backend_pid()), pg_sleep(60)"))
        let error = #expect(throws: PostgresError.self) {
            try connection.run(Array(repeating: end, count: queries))
        }
        #expect(error?.kind == .connection && error?.sqlState == "57P01")
        #expect(!connection.isUsable)
    }

    @Test("a connection that breaks silently is lost, before a batch and during one")
    func broken() throws {
        let before = try TestServer.connect()
        #expect(shutdown(before.socket, Int32(SHUT_RDWR)) == 0)
        #expect(before.failure("select 1", [.bytes(Array(repeating: 1, count: 1_000_000))])?.kind == .connection)
        #expect(!before.isUsable)

        let within = try TestServer.connect()
        let socket = within.socket
        let backend = try within.backend()
        Thread.detachNewThread {
            awaitSleep(of: backend)
            shutdown(socket, Int32(SHUT_RDWR))
        }
        #expect(within.failure("select pg_sleep(7200)", name: "sleep")?.kind == .connection)
        #expect(!within.isUsable)
    }

    @Test("notices are dropped, also on an idle connection")
    func notices() throws {
        let connection = try TestServer.connect()
        try connection.execute(script: "do $$ begin raise warning 'heard by no one'; end $$; reset all")
        #expect(connection.isUsable)
        #expect(try connection.value("select 1") == "1")
    }

    /// Ends the server process of an idle connection from another connection, and waits until it has ended.
    private func terminate(_ connection: Connection) throws {
        let backend = try connection.backend()
        let ended = try TestServer.connect().value("select pg_terminate_backend($1, 300000)", [.integer(backend)])
        #expect(ended == "t")
    }
}

extension Connection {
    /// The process id of the server process.
    fileprivate func backend() throws(PostgresError) -> Int64 {
        try rows("select pg_backend_pid() as pid").only().integer("pid")
    }
}

/// Waits until a server process runs pg_sleep.
private func awaitSleep(of backend: Int64) {
    let question = "select count(*) from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'"
    guard let observer = try? TestServer.connect() else { return }
    while let found = try? observer.value(question, [.integer(backend)]), found == "0" { usleep(10_000) }
}

/// A Unix socket that accepts connections and sends nothing.
final class SilentServer {
    let folder: String
    private let socket: Int32

    init() throws {
        folder = NSTemporaryDirectory() + "coffer-silent-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { path in
            unsafe path.copyBytes(from: (folder + "/.s.PGSQL.5432").utf8)
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isBound = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(socket, $0, size) }
        }
        try #require(isBound == 0 && listen(socket, 8) == 0)
    }

    deinit {
        close(socket)
        try? FileManager.default.removeItem(atPath: folder)
    }
}
