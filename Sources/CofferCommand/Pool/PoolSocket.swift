// The socket of a pool: its own, made under a lock, or one that systemd holds.

internal import System

/// A listening socket, and what must live as long as it.
struct PoolSocket: ~Copyable {
    private let listener: FileDescriptor
    /// Held by whoever serves the path; the file stays, for removing it would let two pools lock two files.
    private let lock: FileDescriptor?
    /// The path to remove at the end; nil for a socket that is not ours.
    let path: String?

    var number: Int32 { listener.number }

    /// Makes the socket, replacing one that a dead pool left behind.
    init(path: String, mode: UInt32, group: String?) throws(Failure) {
        do {
            let lock = try FileSystem.openForAppending(path + ".lock")
            guard try lock.tryLockExclusively() else {
                throw Failure("Another pool serves \(path).")
            }
            listener = try Sockets.listen(path: path, mode: mode, group: group)
            self.lock = consume lock
            self.path = path
        } catch let error as SystemError where error.call == .bind {
            throw Failure("\(path) cannot be bound, or something else listens on it: \(error)")
        } catch let error as SystemError where error.call == .getgrnam {
            throw Failure("There is no group \(group ?? "").")
        } catch {
            throw error as? Failure ?? Failure("\(path): \(error)")
        }
    }

    /// Takes the socket that systemd passed (sd_listen_fds(3)): descriptor 3, when LISTEN_PID says it is for us.
    static func passed(_ environment: [String: String]) throws(Failure) -> PoolSocket? {
        guard environment["LISTEN_PID"] == String(Process.current.id), let count = environment["LISTEN_FDS"] else {
            return nil
        }
        guard count == "1" else { throw Failure("systemd passed \(count) sockets; exactly one is needed.") }
        do {
            return PoolSocket(passed: try Sockets.adoptListener(3))
        } catch {
            throw Failure("What systemd passed is no listening socket: \(error)")
        }
    }

    private init(passed listener: consuming FileDescriptor) {
        self.listener = listener
        lock = nil
        path = nil
    }

    /// Removes the path first and closes the socket next, so that nobody connects to what will not answer.
    /// The lock ends with the value that is returned.
    consuming func close() -> PoolLock {
        if let path { try? FileSystem.unlink(path) }
        return PoolLock(descriptor: lock)
    }
}

/// What is left of a socket that was closed: the right to its path, as long as workers are still busy.
struct PoolLock: ~Copyable {
    let descriptor: FileDescriptor?
}
