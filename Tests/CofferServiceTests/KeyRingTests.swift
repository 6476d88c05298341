import CofferCore
import Testing
import Text

@testable import CofferService

struct KeyRingTests {
    @Test func `a key that was just made is fetched`() throws {
        let user = try TestUser(TestInstallation())
        let service = user.installation.service
        #expect(try service.answer("GET", "/files", user.bearer).status == 200)
        try user.installation.value("select internal.rotate_key()")
        let next = try TestUser(user.installation)
        #expect(try AccessToken(next.token).keyID != AccessToken(user.token).keyID)
        #expect(try service.answer("GET", "/files", next.bearer).status == 200)
        // The older key verifies until it is retired.
        #expect(try service.answer("GET", "/files", user.bearer).status == 200)
    }

    @Test func `an unknown key is 401`() throws {
        let user = try TestUser(TestInstallation())
        let header = Base64.encode(Array(#"{"alg":"HS256","kid":"nobody's"}"#.utf8)).replacing("=", with: "")
        let token = ([header] + user.token.split(separator: ".").dropFirst().map(String.init)).joined(separator: ".")
        let answer = try user.installation.service.answer("GET", "/files", ["Authorization": "Bearer \(token)"])
        #expect(answer.status == 401)
        #expect(answer.message == "No suitable key or wrong key type")
        #expect(answer.json?["details"]?.string == "None of the keys was able to decode the JWT")
    }
}
