import POSIX
import TestSupport
import Testing

@testable import CofferCommand

@Suite struct PoolSocketTests {
    @Test func `only one pool can use a path at a time`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/s"
        let first = try PoolSocket(path: path, mode: 0o600, group: nil)
        #expect(try FileSystem.status(path).mode & 0o777 == 0o600)
        #expect(problem(path) == "Another pool serves \(path).")
        let lock = first.close()
        #expect((try? FileSystem.status(path)) == nil)
        #expect(problem(path) == "Another pool serves \(path).")
        _ = consume lock
        #expect(becomesFree(path))
    }

    @Test func `a socket of another program is not replaced while it listens`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/s"
        let other = try Sockets.listen(path: path)
        #expect(problem(path)?.contains("another program may be listening") == true)
        _ = try Sockets.connect(path: path)
        _ = consume other
        // Now no process listens on it.
        #expect(becomesFree(path))
    }

    @Test func `the socket of a killed pool is replaced although its workers still listen`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/s"
        let orphan = try Sockets.listen(path: path)
        let status = try FileSystem.status(path)
        let record = Array("\(status.device) \(status.inode) \(status.changed)".utf8)
        try FileSystem.create(path + ".made").write(all: record.span)
        #expect(problem(path) == nil)
        _ = consume orphan
    }

    @Test func `only one pool can use a TCP port at a time`() throws {
        let free = try Sockets.listen(address: "127.0.0.1", port: 0)
        guard case .ipv4(let port) = Sockets.family(of: free.number) else { throw Failure("no port") }
        #expect(problem(port: port) == "Cannot listen on 127.0.0.1:\(port): bind: Address already in use")
        Sockets.stopListening(free.number)
        let first = try PoolSocket(address: "127.0.0.1", port: port)
        #expect(first.name == "127.0.0.1:\(port)" && problem(port: port) != nil)
        _ = first.close()
        #expect(problem(port: port) == nil)
    }

    @Test func `the error names a group that does not exist`() throws {
        let directory = try TemporaryDirectory()
        #expect(problem(directory.path + "/s", group: "no-such-group") == "The group no-such-group does not exist.")
    }

    @Test func `descriptors for another process are ignored, and more than one is an error`() throws {
        let mine = String(Process.current.id)
        #expect(try PoolSocket.passed([:]) == nil)
        #expect(try PoolSocket.passed(["LISTEN_PID": "1", "LISTEN_FDS": "1"]) == nil)
        #expect(throws: Failure("systemd passed 2 sockets; exactly one is needed.")) {
            _ = try PoolSocket.passed(["LISTEN_PID": mine, "LISTEN_FDS": "2"]) == nil
        }
    }

    /// Waits, since a process that another test is starting has a copy of each descriptor until its program begins.
    private func becomesFree(_ path: String) -> Bool {
        let deadline = ContinuousClock.now + .seconds(300)
        while ContinuousClock.now < deadline {
            if problem(path) == nil { return true }
            Clock.sleep(.milliseconds(10))
        }
        return problem(path) == nil
    }

    private func problem(port: UInt16) -> String? {
        do {
            _ = try PoolSocket(address: "127.0.0.1", port: port)
            return nil
        } catch {
            return error.message
        }
    }

    private func problem(_ path: String, group: String? = nil) -> String? {
        do {
            _ = try PoolSocket(path: path, mode: 0o600, group: group)
            return nil
        } catch {
            return error.message
        }
    }
}
