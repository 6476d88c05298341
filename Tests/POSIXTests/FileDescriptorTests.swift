import Synchronization
import POSIX
import TestSupport
import Testing

struct FileDescriptorTests {
    let directory: TemporaryDirectory
    let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/file"
    }

    @Test func `written bytes can be read back, from the start and from the middle`() throws {
        let file = try FileSystem.create(path)
        try file.write(all: Array("hello, world".utf8).span)
        try file.fsync()
        #expect(try text(of: path) == "hello, world")
        var buffer = Buffer(capacity: 5)
        try buffer.append { space throws(SystemError) in _ = try file.read(at: 7, into: &space) }
        #expect(buffer.array == Array("world".utf8))
    }

    @Test func `reading stops at the buffer's capacity and returns 0 at the end`() throws {
        try write("abc", to: path)
        let file = try FileSystem.open(path)
        var buffer = Buffer(capacity: 2)
        let first = try buffer.append { space throws(SystemError) in try file.read(into: &space) }
        #expect(first == 2)
        buffer.removeAll()
        let second = try buffer.append { space throws(SystemError) in try file.read(into: &space) }
        let third = try buffer.append { space throws(SystemError) in try file.read(into: &space) }
        #expect(second == 1)
        #expect(third == 0)
        #expect(buffer.array == Array("c".utf8))
    }

    @Test func `short writes and reads are continued`() throws {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        let file = try FileSystem.create(path)
        try Faults.$maximumTransfer.withValue(7) {
            try file.write(all: bytes.span)
            #expect(try FileSystem.contents(of: path) == bytes)
        }
    }

    @Test func `an interrupted call is repeated`() throws {
        let interruptions = Mutex(3)
        let file = try FileSystem.create(path)
        try Faults.$inject.withValue({ call in
            interruptions.withLock { left in
                guard call == .write, left > 0 else { return nil }
                left -= 1
                return ErrorNumber.interrupted
            }
        }) {
            try file.write(all: Array("whole".utf8).span)
        }
        #expect(try text(of: path) == "whole")
        #expect(interruptions.withLock { $0 } == 0)
    }

    @Test(arguments: [SystemCall.write, .fsync, .fstat, .sync_file_range, .flock, .fchmod, .fchown, .pread])
    func `an error names the failed call and its errno`(call: SystemCall) throws {
        let file = try FileSystem.create(path)
        let error = #expect(throws: SystemError.self) {
            try Faults.$inject.withValue({ $0 == call ? ErrorNumber.inputOutput : nil }) {
                try file.write(all: [1].span)
                try file.fsync()
                _ = try file.status()
                try file.startWriteback(offset: 0, length: 0)
                _ = try file.tryLockExclusively()
                try file.setMode(0o600)
                try file.takeOwnership()
                var buffer = Buffer(capacity: 1)
                try buffer.append { space throws(SystemError) in _ = try file.read(at: 0, into: &space) }
            }
        }
        #expect(error == SystemError(call, ErrorNumber.inputOutput))
        #expect(error?.description == "\(call.rawValue): Input/output error")
    }

    @Test func `a lock excludes other openings of the file until it is closed`() throws {
        func openAndLock() throws -> Bool {
            try FileSystem.open(path, for: .readingAndWriting).tryLockExclusively()
        }
        do {
            let file = try FileSystem.create(path)
            #expect(try file.tryLockExclusively())
            #expect(try !openAndLock())
            try file.write(all: [0].span)
        }
        #expect(try openAndLock())
    }

    @Test func `a descriptor is closed when it goes out of scope, unless it was released`() throws {
        try write("", to: path)
        let number = try FileSystem.open(path).release()
        let status = try FileSystem.status("/proc/self/fd/\(number)")
        #expect(status.kind == .regular)
        _ = FileDescriptor(owning: number)
        // Another test may use the number by now, but not for this file.
        let inode = (try? FileSystem.status("/proc/self/fd/\(number)"))?.inode
        #expect(inode != status.inode)
    }

    @Test func `the status has the file's kind, size, mode and links`() throws {
        let file = try FileSystem.create(path, mode: 0o600)
        try file.write(all: [1, 2, 3].span)
        try file.setMode(0o640)
        let status = try file.status()
        #expect(status.kind == .regular)
        #expect(status.size == 3)
        #expect(status.mode == 0o640)
        #expect(status.links == 1)
        #expect(abs(status.modified - Clock.realtimeSeconds()) < 60)
    }
}
