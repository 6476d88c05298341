import POSIX
import Testing

@testable import Gateway

@Suite
struct SocketsTests {
    @Test("a socket on which another process listens is not replaced")
    func inUse() throws {
        let path = temporaryPath()
        defer { try? FileSystem.unlink(path) }
        let first = try Sockets.listen(path: path)
        #expect(throws: SystemError(.bind, 98)) { _ = try Sockets.listen(path: path) }
        _ = try Sockets.connect(path: path)
        _ = consume first
    }

    @Test("an unused socket file is replaced, with the requested mode")
    func stale() throws {
        let path = temporaryPath()
        defer { try? FileSystem.unlink(path) }
        _ = try Sockets.listen(path: path)
        let second = try Sockets.listen(path: path, mode: 0o600)
        #expect(try FileSystem.status(path).mode & 0o777 == 0o600)
        _ = try Sockets.connect(path: path)
        _ = consume second
    }

    @Test("a file that is not a socket is not replaced")
    func plainFile() throws {
        let path = temporaryPath()
        defer { try? FileSystem.unlink(path) }
        _ = try FileSystem.create(path)
        #expect(throws: SystemError(.bind, 98)) { _ = try Sockets.listen(path: path) }
        #expect(try FileSystem.status(path).size == 0)
    }

    @Test("an unknown group or a path that is too long is an error, and no file remains")
    func impossible() throws {
        let path = temporaryPath()
        #expect(throws: SystemError(.getgrnam, 2)) { _ = try Sockets.listen(path: path, group: "no-such-group") }
        #expect(throws: SystemError.self) { _ = try FileSystem.status(path) }
        let long = "/tmp/" + String(repeating: "x", count: 103)
        #expect(throws: SystemError(.bind, 36)) { _ = try Sockets.listen(path: long) }
    }

    @Test("a datagram to an address where no process receives is an error")
    func unheard() throws {
        let datagram = Array("x".utf8)
        #expect(throws: SystemError(.sendto, 2)) { try Sockets.send(datagram.span, to: temporaryPath()) }
        #expect(throws: SystemError(.sendto, 111)) { try Sockets.send(datagram.span, to: "@\(temporaryPath())") }
        let long = "/tmp/" + String(repeating: "x", count: 103)
        #expect(throws: SystemError(.bind, 36)) { try Sockets.send(datagram.span, to: long) }
    }

    @Test("a TCP port has one listener, and nobody can connect to a copy of it after stopListening")
    func overTCP() throws {
        let first = try Sockets.listen(address: "127.0.0.1", port: 0)
        guard case .ipv4(let port) = Sockets.family(of: first.number) else { throw SystemError(.bind, 0) }
        #expect(Sockets.isListening(first.number))
        #expect(throws: SystemError(.bind, 98)) { _ = try Sockets.listen(address: "127.0.0.1", port: port) }
        _ = try Sockets.connect(address: "127.0.0.1", port: port)
        Sockets.stopListening(first.number)
        #expect(!Sockets.isListening(first.number))
        #expect(throws: SystemError(.connect, 111)) { _ = try Sockets.connect(address: "127.0.0.1", port: port) }
        _ = try Sockets.listen(address: "127.0.0.1", port: port)
        #expect(throws: SystemError(.bind, 22)) { _ = try Sockets.listen(address: "localhost", port: 0) }
    }

    @Test("only a listening socket can be inherited")
    func inheritance() throws {
        let path = temporaryPath()
        defer { try? FileSystem.unlink(path) }
        let listener = try Sockets.inheritListener(try Sockets.listen(path: path).release())
        let connection = try Sockets.connect(path: path)
        let connected = connection.number
        #expect(throws: SystemError(.getsockopt, 22)) {
            _ = try Sockets.inheritListener(connected)
        }
        let file = try FileSystem.open("/dev/null")
        let plain = file.number
        #expect(throws: SystemError(.getsockopt, 88)) {
            _ = try Sockets.inheritListener(plain)
        }
        _ = consume listener
        _ = consume connection
        _ = consume file
    }
}
