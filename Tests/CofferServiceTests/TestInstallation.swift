// An installation for one test: a worker's login on the shared private server, a store, and a service.

import CofferCore
import CofferSchema
import FoundationEssentials
import Postgres
import POSIX
import TestSupport
import Testing
import Text

@testable import CofferService

/// A migrated database, which is made once for all tests.
private enum TestDatabase {
    static let conninfo: String = {
        do { return try make() } catch { fatalError("the test database cannot be made: \(error)") }
    }()

    private static func make() throws -> String {
        let server = try Connection(PrivateServer.conninfo, timeout: .seconds(60), applicationName: "tests")
        try server.execute(script: "create database coffer")
        let conninfo = PrivateServer.conninfo + " dbname=coffer"
        let database = try Connection(conninfo, timeout: .seconds(60), applicationName: "tests")
        for file in [SQLFile.roles] + SQLFile.migrations + SQLFile.code {
            try database.execute(script: "begin;\n\(file.text);\ncommit")
        }
        // As in `coffer migrate`, the server computes the digests.
        for (table, files) in [("migrations", SQLFile.migrations), ("code_files", SQLFile.code)] {
            for file in files {
                _ = try database.run([
                    Query(
                        Statement(
                            sql: """
                                insert into internal.\(table) (name, checksum)
                                values ($1, encode(sha256(convert_to($2, 'UTF8')), 'hex'))
                                """), [.text(file.name), .text(file.text)])
                ])
            }
        }
        try database.execute(script: fatalTrigger)
        return conninfo
    }

    /// The first file of this name ends the connection in the middle of its insertion.
    private static let fatalTrigger = """
        create sequence public.fatal_attempts;
        create function public.end_connection() returns trigger language plpgsql security definer as $$
        begin
            if nextval('public.fatal_attempts') = 1 then
                perform pg_terminate_backend(pg_backend_pid());
            end if;
            return new;
        end
        $$;
        create trigger end_connection before insert on internal.files for each row
            when (new.file_path = 'fatal') execute function public.end_connection();
        """
}

final class TestInstallation {
    let store: TestStore
    let service: Service
    let options: [String: String]
    /// A superuser's connection.
    let control: Connection
    /// The worker's login. Only this installation uses it, so it can be locked without an effect on other tests.
    private let worker = "worker_\(UInt64.random(in: 0 ... .max))"

    init(options: [String: String] = [:]) throws {
        store = try TestStore()
        let conninfo = TestDatabase.conninfo
        control = try Connection(conninfo, timeout: .seconds(60), applicationName: "tests")
        try control.execute(script: "create role \(worker) login in role coffer_authenticator")
        let own = [
            "COFFER_DATABASE_URL": conninfo + " user=\(worker)", "COFFER_STORAGE_URL": "file://\(store.path)",
        ]
        self.options = own.merging(options) { $1 }
        service = try Service(options: self.options)
    }

    /// The first value of a query's first row. nil for null or without rows.
    @discardableResult
    func value(_ sql: String, _ parameters: [String] = []) throws -> String? {
        let rows = try control.run([Query(Statement(sql: sql), parameters.map { .text($0) })])[0]
        return rows.first?.texts[0]
    }

    func column(_ sql: String) throws -> [String] {
        let rows = try control.run([Query(Statement(sql: sql))])[0]
        return rows.compactMap { $0.texts[0] }
    }

    /// Closes the worker's connections, and waits until they are closed.
    func endConnections() throws {
        try value("select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where usename = $1", [worker])
    }

    /// Makes the server refuse the worker, as if the database were unavailable, or accept it again.
    func refuseWorker(_ isRefused: Bool) throws {
        try control.execute(script: "alter role \(worker) \(isRefused ? "nologin" : "login")")
        if isRefused { try endConnections() }
    }

    func moveStore(away: Bool) throws {
        let other = store.path + ".away"
        try FileManager.default.moveItem(atPath: away ? store.path : other, toPath: away ? other : store.path)
    }

    private func list(_ path: String) throws -> [String] {
        FileManager.default.fileExists(atPath: path) ? try FileManager.default.contentsOfDirectory(atPath: path) : []
    }

    /// The names in stage/.
    var stages: [String] { get throws { try list(store.path + "/stage") } }

    /// The names of the blobs in the store.
    var blobs: [String] {
        get throws {
            try list(store.path).filter { $0.utf8.count == 2 }.flatMap { try list("\(store.path)/\($0)") }
        }
    }

    /// Blobs that neither a file nor garbage nor a pending marker names, so that gc never finds them.
    var orphans: [String] {
        get throws {
            let known = try column("select blob from internal.kept_blobs union select blob from internal.garbage")
            return try blobs.filter { try !known.contains($0) && !stages.contains($0) }
        }
    }
}

extension Service {
    /// A second worker of an installation.
    convenience init(withDatabaseOf installation: TestInstallation) throws {
        try self.init(options: installation.options)
    }
}

/// A user who is logged in.
struct TestUser {
    let id: String
    let email: String
    let token: String
    let installation: TestInstallation

    static let password = "correct horse"

    init(_ installation: TestInstallation, role: Role = .editor) throws {
        self.installation = installation
        email = "user-\(UInt64.random(in: 0 ... .max))@test.invalid"
        // A cheap hash, as its strength is not tested here.
        let user = try installation.value(
            """
            insert into internal.users (email, password_hash, role)
            values ($1, extensions.crypt($2, extensions.gen_salt('bf', 4)), $3) returning id
            """, [email, Self.password, role.rawValue])
        id = try #require(user)
        let session = try installation.value(
            "select token from internal.open_session($1::text::uuid, $2)", [id, role.rawValue])
        token = try #require(session)
    }

    var bearer: [String: String] { ["Authorization": "Bearer \(token)"] }

    /// An upload. Its length is announced unless `fields` has another value.
    func upload(
        _ path: String, _ content: String, _ fields: [String: String] = [:], parameters: [String: String] = [:]
    ) -> FakeExchange {
        let own = bearer.merging(["File-Path": path, "Content-Length": "\(content.utf8.count)"]) { $1 }
        return FakeExchange(
            "POST", "/rpc/store_file", own.merging(fields) { $1 }, body: Array(content.utf8), parameters: parameters)
    }

    @discardableResult
    func store(_ path: String, _ content: String, _ fields: [String: String] = [:]) throws -> Answer {
        try installation.service.answer(upload(path, content, fields))
    }

    func retrieve(_ path: String, _ fields: [String: String] = [:]) throws -> Answer {
        try installation.service.answer(
            "GET", "/rpc/retrieve_file?p_file_path=\(PercentCoding.encode(path))", bearer.merging(fields) { $1 })
    }

    /// The number of uploads on the list that were neither stored nor abandoned.
    var begunUploads: Int {
        get throws {
            let count = try installation.value(
                "select count(*) from internal.garbage where reason = 'uploading' and user_id = $1::text::uuid",
                [id])
            return try #require(count.flatMap { Int($0) })
        }
    }
}
