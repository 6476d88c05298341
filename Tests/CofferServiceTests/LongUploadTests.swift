import POSIX
import Testing

@testable import CofferService

/// Uploads that outlast their session, and uploads of unknown length.
struct LongUploadTests {
    let user: TestUser

    init() throws { user = try TestUser(TestInstallation(options: ["COFFER_VERSION_DAYS": "0"])) }

    /// Changes when the user's sessions expire.
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
    func `a session suffices if it was live when the request began`(count: Int) throws {
        try expire(in: -60)
        #expect(try store(count).code == "KF011")
        #expect(try store(count, began: began(30)).code == "KF011")
        #expect(try store(count, began: began(90)).status == 200)
        #expect(
            try user.installation.service.answer("GET", "/files", user.bearer, parameters: began(90)).code == "KF011")
    }

    @Test func `a session suffices if it expires while the body arrives`() throws {
        let exchange = user.upload("a", String(repeating: "x", count: 70_000), ["Content-Length": ""])
        exchange.onRead = {
            do { try expire(in: 0) } catch { Issue.record(error) }
            Clock.sleep(.milliseconds(20))
        }
        #expect(try user.installation.service.answer(exchange).status == 200)
    }

    @Test func `an ended session does not suffice, whenever the request began`() throws {
        try expire(in: -60)
        try user.installation.value("delete from internal.sessions where user_id = $1::text::uuid", [user.id])
        for count in [10, 70_000] { #expect(try store(count, began: began(90)).code == "KF011") }
        #expect(try user.installation.blobs.isEmpty)
    }

    @Test(arguments: ["", "soon", "-1", "nan", "inf", "1e300"])
    func `with an impossible begin the request begins now`(text: String) throws {
        try expire(in: -60)
        #expect(try store(10, began: ["COFFER_REQUEST_BEGAN": text]).code == "KF011")
    }

    @Test func `a begin in the future, or longer ago than an upload can last, is impossible`() {
        let now: Int64 = 1_800_000_000_000
        let week: Int64 = 604_800
        let seconds = { (reported: String?) in RequestBegin(reported, now: now).seconds }
        #expect(seconds("1799999999.5") == 1_799_999_999)
        #expect(seconds("1800000001") == 1_800_000_000 && seconds(nil) == 1_800_000_000)
        #expect(seconds("\(1_800_000_000 - week)") == 1_800_000_000 - week)
        #expect(seconds("\(1_800_000_000 - week - 1)") == 1_800_000_000)
    }

    @Test func `a body without a length is cut off at the quota`() throws {
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
        // The same path again: the replaced file makes room.
        let fitting = user.upload("a", String(long.prefix(300_000)), ["Content-Length": ""])
        #expect(try user.installation.service.answer(fitting).status == 200)
    }

    @Test func `room that is made while the body arrives can be used`() throws {
        try user.installation.value("update internal.users set quota_bytes = 1000 where id = $1::text::uuid", [user.id])
        let exchange = user.upload("b", String(repeating: "x", count: 200_000), ["Content-Length": ""])
        exchange.onRead = {
            let raise = "update internal.users set quota_bytes = quota_bytes + 100000 where id = $1::text::uuid"
            do { try user.installation.value(raise, [user.id]) } catch { Issue.record(error) }
        }
        #expect(try user.installation.service.answer(exchange).status == 200)
    }
}
