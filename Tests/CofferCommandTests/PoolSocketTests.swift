import System
import Testing

@testable import CofferCommand

@Suite struct PoolSocketTests {
    @Test func `two pools do not share a path, and the next one takes it over`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        let first = try PoolSocket(path: path, mode: 0o600, group: nil)
        #expect(try FileSystem.status(path).mode & 0o777 == 0o600)
        #expect(problem(path) == "Another pool serves \(path).")
        let lock = first.close()
        #expect((try? FileSystem.status(path)) == nil)
        #expect(problem(path) == "Another pool serves \(path).")
        _ = consume lock
        #expect(becomesFree(path))
    }

    @Test func `a path on which something else listens is left alone`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        let other = try Sockets.listen(path: path)
        #expect(problem(path)?.contains("something else listens") == true)
        _ = try Sockets.connect(path: path)
        _ = consume other
        // Now it is what a dead server left behind.
        #expect(becomesFree(path))
    }

    @Test func `the socket of a killed pool is taken over although its workers still listen`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        let orphan = try Sockets.listen(path: path)
        let status = try FileSystem.status(path)
        let record = Array("\(status.device) \(status.inode) \(status.changed)".utf8)
        try FileSystem.create(path + ".made").write(all: record.span)
        #expect(problem(path) == nil)
        _ = consume orphan
    }

    @Test func `a group that does not exist is named`() throws {
        let folder = try TemporaryFolder()
        #expect(problem(folder.path + "/s", group: "no-such-group") == "There is no group no-such-group.")
    }

    @Test func `descriptors meant for another process are not taken`() throws {
        let mine = String(Process.current.id)
        #expect(try PoolSocket.passed([:]) == nil)
        #expect(try PoolSocket.passed(["LISTEN_PID": "1", "LISTEN_FDS": "1"]) == nil)
        #expect(throws: Failure("systemd passed 2 sockets; exactly one is needed.")) {
            _ = try PoolSocket.passed(["LISTEN_PID": mine, "LISTEN_FDS": "2"]) == nil
        }
    }

    /// A process that another test is just starting holds a copy of every descriptor until its program begins.
    private func becomesFree(_ path: String) -> Bool {
        let deadline = ContinuousClock.now + .seconds(300)
        while ContinuousClock.now < deadline {
            if problem(path) == nil { return true }
            Clock.sleep(.milliseconds(10))
        }
        return problem(path) == nil
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
