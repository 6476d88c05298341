import POSIX
import Testing

struct EnvironmentTests {
    @Test func `a variable is found by name and among all`() throws {
        let path = try #require(Environment.value("PATH"))
        #expect(Environment.all()["PATH"] == path)
        #expect(Environment.value("COFFER_NO_SUCH_VARIABLE") == nil)
    }
}
