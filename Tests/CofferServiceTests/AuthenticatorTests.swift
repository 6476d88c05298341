import CofferCore
import Testing

@testable import CofferService

struct AuthenticatorTests {
    @Test(arguments: ["/files", "/rpc/whoami", "/rpc/retrieve_file?p_file_path=a"])
    func `without a token the challenge is a bare Bearer`(target: String) throws {
        let answer = try Service(withoutDatabase: nil).answer("GET", target)
        #expect(answer.status == 401)
        #expect(answer.code == "PGRST302")
        #expect(answer["WWW-Authenticate"] == "Bearer")
    }

    @Test(arguments: [
        ("Bearer", "Empty JWT is sent in Authorization header"),
        ("Bearer ", "Empty JWT is sent in Authorization header"),
        ("Bearer x", "Expected 3 parts in JWT; got 1"), ("bearer a.b", "Expected 3 parts in JWT; got 2"),
        ("BEARER a.b.c", "The JWT header cannot be decoded"), ("Bearer\tx", "Expected 3 parts in JWT; got 1"),
    ])
    func `a token that cannot be read is 401 with the reason, without asking the database`(
        field: String, message: String
    ) throws {
        let answer = try Service(withoutDatabase: nil).answer("GET", "/files", ["Authorization": field])
        #expect(answer.status == 401)
        #expect(answer.code == "PGRST301")
        #expect(answer["WWW-Authenticate"] == "Bearer error=\"invalid_token\", error_description=\"\(message)\"")
    }

    @Test(arguments: [
        "Basic dTpw", "basic dTpw", "Digest username=\"u\", realm=\"r\"", "Negotiate YII=", "x", "BearerX a.b.c",
        "Bear",
    ])
    func `credentials of another scheme are ignored`(field: String) throws {
        let answer = try Service(withoutDatabase: nil).answer("GET", "/files", ["Authorization": field])
        #expect(answer.status == 401)
        #expect(answer.code == "PGRST302")
        #expect(answer["WWW-Authenticate"] == "Bearer")
    }

    @Test func `a token is found beside other credentials, in one field or in several`() throws {
        let user = try TestUser(TestInstallation())
        let good = "Bearer \(user.token)"
        let digest = "Digest username=\"Bearer x, Bearer y\", realm=r"
        for fields in [["Basic dTpw", good], [good, "Negotiate YII="], [digest, good, "x"], [good, good]] {
            #expect(try user.statuses(authorization: fields) == [200, 200])
        }
        #expect(try user.statuses(authorization: ["Basic dTpw", "Basic dTpx", digest]) == [401, 401])
        #expect(try user.statuses(authorization: ["Bearer x", "Basic dTpw"]) == [401, 401])
        for fields in [[good, "Bearer x"], ["Bearer", "Basic dTpw", good]] {
            #expect(try user.statuses(authorization: fields) == [400, 400])
        }
    }

    @Test func `a well-formed token is 503 while the database is unavailable`() throws {
        let user = try TestUser(TestInstallation())
        let answer = try Service(withoutDatabase: nil).answer("GET", "/files", user.bearer)
        #expect(answer.status == 503)
        #expect(answer.code == "PGRST000")
        #expect(answer["Retry-After"] == "5")
    }

    @Test func `a token that was changed anywhere is 401`() throws {
        let user = try TestUser(TestInstallation())
        let service = user.installation.service
        #expect(try service.answer("GET", "/files", user.bearer).status == 200)
        let parts = user.token.split(separator: ".").map(String.init)
        // Change the second character, as the last ones may not encode a whole byte.
        let changed = { (part: String) in
            part.prefix(1) + (part.dropFirst().first == "A" ? "B" : "A") + part.dropFirst(2)
        }
        for index in 0..<3 {
            var other = parts
            other[index] = String(changed(parts[index]))
            let answer = try service.answer(
                "GET", "/files", ["Authorization": "Bearer \(other.joined(separator: "."))"])
            #expect(answer.status == 401)
        }
    }

    @Test func `a session that was ended is 401 at once`() throws {
        let user = try TestUser(TestInstallation())
        let service = user.installation.service
        #expect(try service.answer("GET", "/rpc/whoami", user.bearer).json?["email"]?.string == user.email)
        #expect(try service.answer("POST", "/rpc/logout", user.bearer).status == 204)
        let answer = try service.answer("GET", "/rpc/whoami", user.bearer)
        #expect(answer.status == 401)
        #expect(answer.code == "KF011")
        #expect(answer["WWW-Authenticate"]?.hasPrefix("Bearer error=\"invalid_token\"") == true)
    }

    @Test func `the cookie replaces the header, and the header takes precedence`() throws {
        let user = try TestUser(TestInstallation())
        let service = user.installation.service
        let cookie = ["Cookie": "__Host-coffer=\(user.token)"]
        #expect(try service.answer("GET", "/files", cookie, parameters: ["HTTPS": "on"]).status == 200)
        #expect(try service.answer("GET", "/files", cookie).status == 401)
        for scheme in ["Basic dTpw", "Digest a=b, c=d", "Negotiate YII="] {
            let beside = cookie.merging(["Authorization": scheme]) { $1 }
            #expect(try service.answer("GET", "/files", beside, parameters: ["HTTPS": "on"]).status == 200)
            let change = try service.answer("POST", "/rpc/logout", beside, parameters: ["HTTPS": "on"])
            #expect(change.code == "KF012")
        }
        let both = cookie.merging(["Authorization": "Bearer x"]) { $1 }
        #expect(try service.answer("GET", "/files", both, parameters: ["HTTPS": "on"]).status == 401)
    }
}

extension TestUser {
    /// The status if the web server passes the fields separately, and if it joins them.
    fileprivate func statuses(authorization fields: [String]) throws -> [Int] {
        try [fields, [fields.joined(separator: ", ")]].map { values in
            let exchange = FakeExchange("GET", "/files")
            exchange.repeated = ["HTTP_AUTHORIZATION": values]
            return try installation.service.answer(exchange).status
        }
    }
}
