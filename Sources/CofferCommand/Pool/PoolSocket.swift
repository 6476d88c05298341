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
            try removeOrphan(path)
            let listener = try Sockets.listen(path: path, mode: mode, group: group)
            try remember(path)
            self.listener = consume listener
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
        if let path {
            try? FileSystem.unlink(path)
            try? FileSystem.unlink(recordPath(path))
        }
        return PoolLock(descriptor: lock)
    }
}

/// Removes a socket that a pool has made which was then killed. Its workers may listen on for a moment, or for as long
/// as an upload takes, so that it would seem to be in use. The caller holds the lock: that pool is dead.
private func removeOrphan(_ path: String) throws(SystemError) {
    let record = recordPath(path)
    guard let made = try? FileSystem.contents(of: record) else { return }
    if made == identity(path) { try FileSystem.unlink(path) }
    try FileSystem.unlink(record)
}

/// Writes down which socket is ours.
private func remember(_ path: String) throws(SystemError) {
    let identity = identity(path)
    try FileSystem.create(recordPath(path)).write(all: identity.span)
}

private func recordPath(_ path: String) -> String { path + ".made" }

/// What tells the file at `path` from any other, also one with the same inode later; empty when there is none.
private func identity(_ path: String) -> [UInt8] {
    guard let status = try? FileSystem.status(path, followingLinks: false) else { return [] }
    return Array("\(status.device) \(status.inode) \(status.changed)".utf8)
}

/// What is left of a socket that was closed: the right to its path, as long as workers are still busy.
struct PoolLock: ~Copyable {
    let descriptor: FileDescriptor?
}
