import CofferCore
import Testing

@testable import CofferService

struct LoginEndpointTests {
    private func login(_ user: TestUser, _ fields: [String: String] = [:], password: String = TestUser.password) throws
        -> Answer
    {
        let body = #"{"email":\#(JSON.quoted(user.email)),"password":\#(JSON.quoted(password))}"#
        return try user.installation.service.answer(
            "POST", "/rpc/login", fields, body: Array(body.utf8), parameters: ["HTTPS": "on"])
    }

    @Test func `a login returns a valid token, as an array or as the bare object`() throws {
        let user = try TestUser(TestInstallation())
        let answer = try login(user)
        #expect(answer.status == 200)
        #expect(answer["Cache-Control"] == "no-store")
        guard case .array(let rows)? = answer.json, let token = rows.first?["token"]?.string, rows.count == 1 else {
            Issue.record("no token in \(answer.text)")
            return
        }
        let whoami = try user.installation.service.answer(
            "GET", "/rpc/whoami", ["Authorization": "Bearer \(token)"])
        #expect(whoami.json?["user_id"]?.string == user.id)
        let bare = try login(user, ["Accept": MediaType.singular])
        #expect(bare["Content-Type"] == "application/vnd.pgrst.object+json; charset=utf-8")
        #expect(bare.json?["token"]?.string != nil)
    }

    @Test func `a login for a cookie returns the token only in the cookie`() throws {
        let user = try TestUser(TestInstallation(options: ["COFFER_SESSION_SECONDS": "600"]))
        let answer = try login(user, ["Prefer": "session=cookie"])
        #expect(answer.status == 204)
        #expect(answer.body.isEmpty && answer["Content-Length"] == nil)
        #expect(answer["Preference-Applied"] == "session=cookie")
        let cookie = try #require(answer["Set-Cookie"])
        #expect(cookie.hasPrefix("__Host-coffer=ey"))
        // The clock may tick between the database and the worker.
        #expect(cookie.contains("; Path=/; Max-Age=600; Secure") || cookie.contains("; Path=/; Max-Age=599; Secure"))
        let fields = ["Cookie": String(cookie.prefix { $0 != ";" }), "Sec-Fetch-Site": "same-origin"]
        let logout = try user.installation.service.answer("POST", "/rpc/logout", fields, parameters: ["HTTPS": "on"])
        #expect(logout.status == 204)
        #expect(logout["Set-Cookie"] == "__Host-coffer=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict")
    }

    @Test func `a wrong password and an unknown address get the same answer`() throws {
        let user = try TestUser(TestInstallation())
        let wrong = try login(user, password: "wrong")
        let body = Array(#"{"email":"nobody@test.invalid","password":"wrong"}"#.utf8)
        let unknown = try user.installation.service.answer("POST", "/rpc/login", body: body)
        #expect(wrong.status == 400 && unknown.status == 400)
        #expect(wrong.message == "Invalid email or password")
        #expect(wrong.body == unknown.body)
    }
}
