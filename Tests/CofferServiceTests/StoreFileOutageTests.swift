import CofferCore
import Testing

@testable import CofferService

/// Events elsewhere while a body arrives: a short one of a one-phase upload, and a long one of a two-phase upload.
@Suite(.serialized)
struct StoreFileOutageTests {
    enum Phases: CaseIterable {
        case one, two

        var content: String { self == .one ? "new" : String(repeating: "new", count: 30_000) }
    }

    let user: TestUser
    var installation: TestInstallation { user.installation }

    init() throws {
        user = try TestUser(TestInstallation())
        try #require(try user.store("a", "old").status == 200)
    }

    /// The response to an upload during which `event` happens once.
    private func store(
        _ path: String = "a", _ fields: [String: String] = [:], in phases: Phases,
        during event: @escaping () throws -> Void
    ) throws -> Answer {
        let exchange = user.upload(path, phases.content, fields)
        var isDone = false
        exchange.onRead = {
            guard !isDone else { return }
            isDone = true
            #expect(throws: Never.self) { try event() }
        }
        return try installation.service.answer(exchange)
    }

    @Test(arguments: Phases.allCases)
    func `a connection that is lost before the commit is replaced`(phases: Phases) throws {
        let answer = try store(in: phases) { try installation.endConnections() }
        #expect(answer.status == 200)
        #expect(try user.retrieve("a").text == phases.content)
        #expect(try user.begunUploads == 0)
        #expect(try installation.orphans.isEmpty)
    }

    @Test(arguments: Phases.allCases)
    func `a database that is unavailable at the commit is 503, and the old file stays`(phases: Phases) throws {
        let answer = try store(in: phases) { try installation.refuseWorker(true) }
        #expect(answer.status == 503)
        #expect(answer.code == "PGRST000")
        #expect(answer["Retry-After"] == "5")
        #expect(try user.retrieve("a").status == 503)
        try installation.refuseWorker(false)
        #expect(try user.retrieve("a").text == "old")
        #expect(try installation.blobs.count == 2)
        #expect(try installation.orphans.isEmpty)
        #expect(try installation.stages.count == (phases == .one ? 1 : 0))
        #expect(try user.begunUploads == (phases == .two ? 1 : 0))
        #expect(try user.store("a", "new").status == 200)
    }

    @Test func `a connection that breaks while the database makes the file is replaced, and it is made once`() throws {
        #expect(try user.store("fatal", "new").status == 200)
        #expect(try user.retrieve("fatal").text == "new")
        #expect(try installation.value("select count(*) from internal.files where file_path = 'fatal'") == "1")
        #expect(try installation.value("select last_value from public.fatal_attempts") == "2")
        #expect(try installation.orphans.isEmpty)
    }

    @Test(arguments: Phases.allCases)
    func `a session that ends while the body arrives is 401, and no blob stays`(phases: Phases) throws {
        let answer = try store(in: phases) {
            try installation.value("delete from internal.sessions where user_id = $1::text::uuid", [user.id])
        }
        #expect(answer.status == 401)
        #expect(answer.code == "KF011")
        #expect(try installation.blobs.count == 1)
        #expect(try installation.stages.isEmpty)
    }

    @Test func `an upload that gc has taken off the list is 503, and no blob stays`() throws {
        let answer = try store(in: .two) {
            try installation.value(
                "delete from internal.garbage where reason = 'uploading' and user_id = $1::text::uuid",
                [user.id])
        }
        #expect(answer.status == 503)
        #expect(answer.code == "KF019")
        #expect(answer["Retry-After"] == "5")
        #expect(try user.retrieve("a").text == "old")
        #expect(try installation.blobs.count == 1)
    }

    @Test(arguments: Phases.allCases)
    func `a condition that held at the beginning must hold at the end`(phases: Phases) throws {
        let tag = try #require(try user.retrieve("a")["ETag"])
        let other = try Service(withDatabaseOf: installation)
        let answer = try store("a", ["If-Match": tag], in: phases) { () throws in
            #expect(try other.answer(user.upload("a", "newer")).status == 200)
        }
        #expect(answer.status == 412)
        let created = try store("b", ["If-None-Match": "*"], in: phases) { () throws in
            #expect(try other.answer(user.upload("b", "newer")).status == 200)
        }
        #expect(created.status == 412)
        for path in ["a", "b"] { #expect(try user.retrieve(path).text == "newer") }
        #expect(try installation.orphans.isEmpty)
        #expect(try user.begunUploads == 0)
        // "old" is on the list until its grace period is over. The refused blobs are gone.
        #expect(try installation.blobs.count == 3)
    }

    @Test(arguments: Phases.allCases)
    func `of two uploads at once the last one to finish stays`(phases: Phases) throws {
        let other = try Service(withDatabaseOf: installation)
        let answer = try store(in: phases) { () throws in
            #expect(try other.answer(user.upload("a", "newer")).status == 200)
        }
        #expect(answer.status == 200)
        #expect(try user.retrieve("a").text == phases.content)
        #expect(try installation.orphans.isEmpty)
    }
}
