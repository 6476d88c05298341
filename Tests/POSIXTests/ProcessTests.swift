import POSIX
import Testing

struct ProcessTests {
    @Test func `becoming a program that does not exist fails, and this process stays`() {
        #expect(throws: SystemError(.execve, ErrorNumber.noSuchFile)) {
            try Process.replace(with: "/nonexistent/program", arguments: [])
        }
    }
}
