import CofferCore
import Testing

@testable import CofferService

/// What happens elsewhere while a body is on its way: a short one, which the store notes, and a long one, which is listed.
@Suite(.serialized)
struct StoreFileOutageTests {
    enum Way: CaseIterable {
        case noted, listed

        var content: String { self == .noted ? "new" : String(repeating: "new", count: 30_000) }
    }

    let user: TestUser
    var installation: TestInstallation { user.installation }

    init() throws {
        user = try TestUser(TestInstallation())
        try #require(try user.store("a", "old").status == 200)
    }

    /// The answer to an upload during which `event` happens once.
    private func store(
        _ path: String = "a", _ fields: [String: String] = [:], by way: Way, during event: @escaping () throws -> Void
    ) throws -> Answer {
        let exchange = user.upload(path, way.content, fields)
        var isDone = false
        exchange.onRead = {
            guard !isDone else { return }
            isDone = true
            #expect(throws: Never.self) { try event() }
        }
        return try installation.service.answer(exchange)
    }

    @Test(arguments: Way.allCases)
    func `a connection that is lost before the commit is replaced`(way: Way) throws {
        let answer = try store(by: way) { try installation.endConnections() }
        #expect(answer.status == 200)
        #expect(try user.retrieve("a").text == way.content)
        #expect(try user.begunUploads == 0)
        #expect(try installation.orphans.isEmpty)
    }

    @Test(arguments: Way.allCases)
    func `a database that is away at the commit is 503, the old file stays and gc finds the new one`(way: Way) throws {
        let answer = try store(by: way) { try installation.refuseWorker(true) }
        #expect(answer.status == 503)
        #expect(answer.code == "PGRST000")
        #expect(answer["Retry-After"] == "5")
        #expect(try user.retrieve("a").status == 503)
        try installation.refuseWorker(false)
        #expect(try user.retrieve("a").text == "old")
        #expect(try installation.blobs.count == 2)
        #expect(try installation.orphans.isEmpty)
        #expect(try installation.stages.count == (way == .noted ? 1 : 0))
        #expect(try user.begunUploads == (way == .listed ? 1 : 0))
        #expect(try user.store("a", "new").status == 200)
    }

    @Test func `a connection that is lost within the commit is 503, sent once, and its blob is not forgotten`() throws {
        let answer = try user.store("fatal", "new")
        #expect(answer.status == 503)
        #expect(answer.code == "PGRST000")
        #expect(try user.retrieve("fatal").code == "KF002")
        #expect(try user.retrieve("a").text == "old")
        let orphans = try installation.orphans
        #expect(orphans.isEmpty)
    }

    @Test(arguments: Way.allCases)
    func `a session that ends while the body comes is 401, and no blob stays`(way: Way) throws {
        let answer = try store(by: way) {
            try installation.value("delete from internal.sessions where user_id = $1::text::uuid", [user.id])
        }
        #expect(answer.status == 401)
        #expect(answer.code == "KF011")
        #expect(try installation.blobs.count == 1)
        #expect(try installation.stages.isEmpty)
    }

    @Test func `an upload that gc took for abandoned is 503, and no blob stays`() throws {
        let answer = try store(by: .listed) {
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

    @Test(arguments: Way.allCases)
    func `a condition that held at the beginning must hold at the end`(way: Way) throws {
        let tag = try #require(try user.retrieve("a")["ETag"])
        let other = try Service(withDatabaseOf: installation)
        let answer = try store("a", ["If-Match": tag], by: way) { () throws in
            #expect(try other.answer(user.upload("a", "newer")).status == 200)
        }
        #expect(answer.status == 412)
        let created = try store("b", ["If-None-Match": "*"], by: way) { () throws in
            #expect(try other.answer(user.upload("b", "newer")).status == 200)
        }
        #expect(created.status == 412)
        for path in ["a", "b"] { #expect(try user.retrieve(path).text == "newer") }
        #expect(try installation.orphans.isEmpty)
        #expect(try user.begunUploads == 0)
        // "old" is on the list until its grace period is over; what was refused is gone.
        #expect(try installation.blobs.count == 3)
    }

    @Test(arguments: Way.allCases)
    func `of two uploads at once the last to finish wins`(way: Way) throws {
        let other = try Service(withDatabaseOf: installation)
        let answer = try store(by: way) { () throws in
            #expect(try other.answer(user.upload("a", "newer")).status == 200)
        }
        #expect(answer.status == 200)
        #expect(try user.retrieve("a").text == way.content)
        #expect(try installation.orphans.isEmpty)
    }
}
