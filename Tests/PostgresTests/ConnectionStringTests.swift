import Testing

@testable import Postgres

struct ConnectionStringTests {
    @Test func `a URI and a list of keywords become variables`() throws {
        let expected = ["PGUSER": "me", "PGPASSWORD": "p w", "PGHOST": "/run/x", "PGDATABASE": "coffer"]
        #expect(try connectionEnvironment("postgresql://me:p%20w@/coffer?host=%2Frun%2Fx") == expected)
        #expect(try connectionEnvironment("user=me password='p w' host=/run/x dbname=coffer") == expected)
    }

    @Test func `a malformed connection string is not quoted`() {
        #expect {
            _ = try connectionEnvironment("secret")
        } throws: {
            !"\($0)".contains("secret")
        }
    }
}
