import POSIX
import TestSupport
import Testing

struct FileSystemTests {
    let directory: TemporaryDirectory
    let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/file"
    }

    @Test func `creating an existing file fails`() throws {
        try write("first", to: path)
        let error = #expect(throws: SystemError.self) { try write("second", to: path) }
        #expect(error == SystemError(.open, ErrorNumber.fileExists))
        #expect(try text(of: path) == "first")
    }

    @Test func `an unnamed file is not listed, and its space is reserved`() throws {
        let before = try FileSystem.freeSpace(directory.path)
        let file = try FileSystem.createUnnamed(in: directory.path, reserving: 64 << 20)
        #expect(before - (try FileSystem.freeSpace(directory.path)) > 32 << 20)
        #expect(try FileSystem.list(directory.path).isEmpty)
        #expect(try file.status().size == 0)
        try file.write(all: Array("text".utf8).span)
        #expect(try file.status().size == 4)
    }

    @Test func `a link to an existing name fails, and a new name is added to the old one`() throws {
        try write("one", to: path)
        try FileSystem.link(path, to: path + "2")
        #expect(try FileSystem.status(path).links == 2)
        #expect(throws: SystemError(.link, ErrorNumber.fileExists)) { try FileSystem.link(path, to: path + "2") }
        try FileSystem.unlink(path)
        #expect(try text(of: path + "2") == "one")
    }

    @Test func `renaming replaces an existing file`() throws {
        try write("new", to: path)
        try write("old", to: path + "2")
        try FileSystem.rename(path, to: path + "2")
        #expect(try text(of: path + "2") == "new")
        #expect(throws: SystemError(.stat, ErrorNumber.noSuchFile)) { try FileSystem.status(path) }
    }

    @Test func `a list contains all names except . and ..`() throws {
        let names = ["a", "ä ö", ".hidden"]
        for name in names { try write("", to: "\(directory.path)/\(name)") }
        #expect(try FileSystem.list(directory.path).sorted() == names.sorted())
    }

    @Test func `a directory is created, listed and removed`() throws {
        try FileSystem.createDirectory(path)
        #expect(try FileSystem.status(path).kind == .directory)
        #expect(try FileSystem.list(path).isEmpty)
        try FileSystem.openDirectory(path).fsync()
        try FileSystem.removeDirectory(path)
        #expect(throws: SystemError(.open, ErrorNumber.noSuchFile)) { try FileSystem.list(path) }
    }

    @Test func `appending creates the file and writes at its end`() throws {
        for line in ["one\n", "two\n"] {
            try FileSystem.openForAppending(path).write(all: Array(line.utf8).span)
        }
        #expect(try text(of: path) == "one\ntwo\n")
    }

    @Test func `reading a file over the limit fails`() throws {
        try write("12345", to: path)
        #expect(try FileSystem.contents(of: path, limit: 5).count == 5)
        #expect(throws: SystemError(.read, ErrorNumber.fileTooLarge)) { try FileSystem.contents(of: path, limit: 4) }
    }

    @Test func `the mode and group can be set, and the free space is known`() throws {
        try write("", to: path)
        try FileSystem.setMode(path, 0o604)
        let status = try FileSystem.status(path)
        #expect(status.mode == 0o604)
        try FileSystem.setGroup(path, status.group)
        #expect(try FileSystem.freeSpace(directory.path) > 0)
    }
}
