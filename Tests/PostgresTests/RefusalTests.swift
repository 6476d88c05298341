import Testing

@testable import Postgres

@Suite("Refusal")
struct RefusalTests {
    private func refusal(_ more: String) -> Refusal? {
        Refusal.find("\(TestServer.conninfo) \(more)", limit: .seconds(300))
    }

    @Test("a server's refusal has its SQLSTATE, and names the role")
    func refused() throws {
        let found = try #require(refusal("user=refusal_nobody"))
        #expect(found.sqlState == "28000" && found.user == "refusal_nobody" && found.isLocal)
        #expect(refusal("dbname=nonexistent")?.sqlState == "3D000")
    }

    @Test("a server that accepts the connection or does not answer refuses nothing")
    func notRefused() throws {
        #expect(refusal("") == nil)
        let start = ContinuousClock.now
        #expect(Refusal.find("host=/nonexistent", limit: .seconds(300)) == nil)
        #expect(Refusal.find("host=/tmp password=a s3cret", limit: .seconds(300)) == nil)
        #expect(start.duration(to: .now) < .seconds(200))
        let server = try SilentServer()
        #expect(Refusal.find("host=\(server.folder)", limit: .milliseconds(200)) == nil)
    }
}
