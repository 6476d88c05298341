import POSIX
import TestSupport
import Testing

@testable import CofferCommand

struct DirectoriesTests {
    @Test func `a directory is made once and may exist already`() throws {
        let parent = try TemporaryDirectory()
        let path = "\(parent.path)/new"
        for _ in 1...2 { try makeDirectory(path) }
        #expect(try FileSystem.status(path).kind == .directory)
        try FileSystem.removeDirectory(path)
    }

    @Test func `a directory that cannot be made is reported`() {
        #expect(throws: CofferCommand.Failure("The directory cannot be created: mkdir: No such file or directory")) {
            try makeDirectory("/nowhere/at/all")
        }
    }

    @Test(arguments: ["/a", "/a/", "/a//"])
    func `an absolute path loses the slashes at its end`(path: String) throws {
        #expect(try absolute(path) == "/a")
    }
}
