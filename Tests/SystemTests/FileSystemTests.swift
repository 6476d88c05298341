import System
import Testing

struct FileSystemTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/file"
    }

    @Test func `creating refuses what exists`() throws {
        try write("first", to: path)
        let error = #expect(throws: SystemError.self) { try write("second", to: path) }
        #expect(error == SystemError(.open, Errno.fileExists))
        #expect(try text(of: path) == "first")
    }

    @Test func `a file without a name is in no list, and its room is taken up`() throws {
        let before = try FileSystem.freeSpace(folder.path)
        let file = try FileSystem.createUnnamed(in: folder.path, reserving: 64 << 20)
        #expect(before - (try FileSystem.freeSpace(folder.path)) > 32 << 20)
        #expect(try FileSystem.list(folder.path).isEmpty)
        #expect(try file.status().size == 0)
        try file.write(all: Array("text".utf8).span)
        #expect(try file.status().size == 4)
    }

    @Test func `linking refuses what exists and keeps both names otherwise`() throws {
        try write("one", to: path)
        try FileSystem.link(path, to: path + "2")
        #expect(try FileSystem.status(path).links == 2)
        #expect(throws: SystemError(.link, Errno.fileExists)) { try FileSystem.link(path, to: path + "2") }
        try FileSystem.unlink(path)
        #expect(try text(of: path + "2") == "one")
    }

    @Test func `renaming replaces`() throws {
        try write("new", to: path)
        try write("old", to: path + "2")
        try FileSystem.rename(path, to: path + "2")
        #expect(try text(of: path + "2") == "new")
        #expect(throws: SystemError(.stat, Errno.noSuchFile)) { try FileSystem.status(path) }
    }

    @Test func `a list holds every name but . and ..`() throws {
        let names = ["a", "ä ö", ".hidden"]
        for name in names { try write("", to: "\(folder.path)/\(name)") }
        #expect(try FileSystem.list(folder.path).sorted() == names.sorted())
    }

    @Test func `a folder is made, listed and removed`() throws {
        try FileSystem.makeFolder(path)
        #expect(try FileSystem.status(path).kind == .folder)
        #expect(try FileSystem.list(path).isEmpty)
        try FileSystem.openFolder(path).fsync()
        try FileSystem.removeFolder(path)
        #expect(throws: SystemError(.open, Errno.noSuchFile)) { try FileSystem.list(path) }
    }

    @Test func `appending goes to the end and makes the file`() throws {
        for line in ["one\n", "two\n"] {
            try FileSystem.openForAppending(path).write(all: Array(line.utf8).span)
        }
        #expect(try text(of: path) == "one\ntwo\n")
    }

    @Test func `contents over the limit are refused`() throws {
        try write("12345", to: path)
        #expect(try FileSystem.contents(of: path, limit: 5).count == 5)
        #expect(throws: SystemError(.read, Errno.fileTooLarge)) { try FileSystem.contents(of: path, limit: 4) }
    }

    @Test func `free space and mode can be asked and set`() throws {
        try write("", to: path)
        try FileSystem.setMode(path, 0o604)
        let status = try FileSystem.status(path)
        #expect(status.mode == 0o604)
        try FileSystem.setGroup(path, status.group)
        #expect(try FileSystem.freeSpace(folder.path) > 0)
    }
}
