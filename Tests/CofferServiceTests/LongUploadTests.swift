import POSIX
import Testing

@testable import CofferService

/// Uploads that outlive their session, and those of which nobody says how long they are.
struct LongUploadTests {
    let user: TestUser

    init() throws { user = try TestUser(TestInstallation()) }

    /// Moves the end of the user's sessions.
    private func expire(in seconds: Int) throws {
        try user.installation.value(
            "update internal.sessions set expires_at = now() + make_interval(secs => $1::bigint) where user_id = $2::text::uuid",
            ["\(seconds)", user.id])
    }

    private func began(_ secondsAgo: Int64) -> [String: String] {
        ["COFFER_REQUEST_BEGAN": "\(Clock.realtimeSeconds() - secondsAgo).125"]
    }

    private func store(_ count: Int, began parameters: [String: String] = [:]) throws -> Answer {
        try user.installation.service.answer(
            user.upload("a", String(repeating: "x", count: count), parameters: parameters))
    }

    @Test(arguments: [10, 70_000])
    func `a session that lived when the request began is enough`(count: Int) throws {
        try expire(in: -60)
        #expect(try store(count).code == "KF011")
        #expect(try store(count, began: began(30)).code == "KF011")
        #expect(try store(count, began: began(90)).status == 200)
        #expect(
            try user.installation.service.answer("GET", "/files", user.bearer, parameters: began(90)).code == "KF011")
    }

    @Test func `a session that expires while the body comes is enough`() throws {
        let exchange = user.upload("a", String(repeating: "x", count: 70_000), ["Content-Length": ""])
        exchange.onRead = {
            do { try expire(in: 0) } catch { Issue.record(error) }
            Clock.sleep(.milliseconds(20))
        }
        #expect(try user.installation.service.answer(exchange).status == 200)
    }

    @Test func `a session that was ended is not, whenever the request began`() throws {
        try expire(in: -60)
        try user.installation.value("delete from internal.sessions where user_id = $1::text::uuid", [user.id])
        for count in [10, 70_000] { #expect(try store(count, began: began(90)).code == "KF011") }
        #expect(try user.installation.blobs.isEmpty)
    }

    @Test(arguments: ["", "soon", "-1", "nan", "inf", "1e300"])
    func `a begin that makes no sense is now`(text: String) throws {
        try expire(in: -60)
        #expect(try store(10, began: ["COFFER_REQUEST_BEGAN": text]).code == "KF011")
    }

    @Test func `no request began in the future, or longer ago than uploads last`() {
        let now: Int64 = 1_800_000_000_000
        let week: Int64 = 604_800
        let seconds = { (told: String?) in RequestBegin(told, now: now).seconds }
        #expect(seconds("1799999999.5") == 1_799_999_999)
        #expect(seconds("1800000001") == 1_800_000_000 && seconds(nil) == 1_800_000_000)
        #expect(seconds("\(1_800_000_000 - week)") == 1_800_000_000 - week)
        #expect(seconds("\(1_800_000_000 - week - 1)") == 1_800_000_000)
    }

    @Test func `a body without a length is cut where the quota ends`() throws {
        #expect(try store(100_000).status == 200)
        try user.installation.value(
            "update internal.users set quota_bytes = 300000 where id = $1::text::uuid", [user.id])
        let long = String(repeating: "x", count: 2_000_000)
        let exchange = user.upload("b", long, ["Content-Length": ""])
        var reads = 0
        exchange.onRead = { reads += 1 }
        let answer = try user.installation.service.answer(exchange)
        #expect(answer.status == 413 && answer.code == "KF006")
        #expect(reads <= 4, "no more than one piece beyond the limit")
        #expect(try user.begunUploads == 0 && user.installation.blobs.count == 1)
        // The same path again: what is replaced makes room.
        let fitting = user.upload("a", String(long.prefix(300_000)), ["Content-Length": ""])
        #expect(try user.installation.service.answer(fitting).status == 200)
    }

    @Test func `room that is made while the body comes counts`() throws {
        try user.installation.value("update internal.users set quota_bytes = 1000 where id = $1::text::uuid", [user.id])
        let exchange = user.upload("b", String(repeating: "x", count: 200_000), ["Content-Length": ""])
        exchange.onRead = {
            let raise = "update internal.users set quota_bytes = quota_bytes + 100000 where id = $1::text::uuid"
            do { try user.installation.value(raise, [user.id]) } catch { Issue.record(error) }
        }
        #expect(try user.installation.service.answer(exchange).status == 200)
    }
}
