// The socket of a pool: one that it creates under a lock, or one that systemd passes to it.

internal import POSIX

/// A listening socket, with the lock on its path.
struct PoolSocket: ~Copyable {
    private let listener: FileDescriptor
    /// Held by the pool that serves the path. The lock file is never removed, as otherwise two pools could lock
    /// different files.
    private let lock: FileDescriptor?
    /// The path to remove at the end. nil for TCP and for systemd's socket.
    private let path: String?
    /// Where the pool listens, for the log.
    let name: String
    /// Whether the socket belongs to systemd.
    private let isPassed: Bool

    var number: Int32 { listener.number }

    /// Creates the socket, and replaces that of a pool that has ended.
    init(path: String, mode: UInt32, group: String?) throws(Failure) {
        do {
            let lock = try FileSystem.openForAppending(path + ".lock")
            guard try lock.tryLockExclusively() else {
                throw Failure("Another pool serves \(path).")
            }
            try removeStaleSocket(path)
            let listener = try Sockets.listen(path: path, mode: mode, group: group)
            try recordIdentity(path)
            self.listener = consume listener
            self.lock = consume lock
            self.path = path
            (name, isPassed) = (path, false)
        } catch let error as SystemError where error.call == .bind {
            throw Failure("Cannot listen on \(path), another program may be listening on it: \(error)")
        } catch let error as SystemError where error.call == .getgrnam {
            throw Failure("The group \(group ?? "") does not exist.")
        } catch {
            throw error as? Failure ?? Failure("\(path): \(error)")
        }
    }

    /// Listens on TCP. The workers of a pool that was killed keep the port until their requests end.
    init(address: String, port: UInt16) throws(Failure) {
        name = "\(address):\(port)"
        do throws(SystemError) { listener = try Sockets.listen(address: address, port: port) } catch {
            throw Failure("Cannot listen on \(name): \(error)")
        }
        lock = nil
        (path, isPassed) = (nil, false)
    }

    /// The socket that systemd passed as descriptor 3 (sd_listen_fds(3)), or nil if LISTEN_PID is not this process.
    static func passed(_ environment: [String: String]) throws(Failure) -> PoolSocket? {
        guard environment["LISTEN_PID"] == String(Process.current.id), let count = environment["LISTEN_FDS"] else {
            return nil
        }
        guard count == "1" else { throw Failure("systemd passed \(count) sockets; exactly one is needed.") }
        do {
            return PoolSocket(passed: try Sockets.inheritListener(3))
        } catch {
            throw Failure("systemd did not pass a listening socket: \(error)")
        }
    }

    private init(passed listener: consuming FileDescriptor) {
        self.listener = listener
        lock = nil
        (path, name, isPassed) = (nil, "systemd's socket", true)
    }

    /// Closes the socket, so that no client connects to a socket without workers. Workers that still finish requests
    /// have copies of it, so the path is removed first, and TCP stops listening for all copies. A socket of systemd's
    /// goes on listening. The returned value holds the lock.
    consuming func close() -> PoolLock {
        if let path {
            try? FileSystem.unlink(path)
            try? FileSystem.unlink(recordPath(path))
        } else if !isPassed {
            Sockets.stopListening(listener.number)
        }
        return PoolLock(descriptor: lock)
    }
}

/// Removes the socket of a pool that was killed. Its workers may listen for a while longer, until their uploads end, so
/// the socket would seem to be in use. The caller holds the lock, which proves that the pool has ended.
private func removeStaleSocket(_ path: String) throws(SystemError) {
    guard let made = try FileSystem.text(of: recordPath(path)) else { return }
    if made == identity(path) { try FileSystem.unlink(path) }
    try FileSystem.unlink(recordPath(path))
}

/// Records the identity of the pool's socket for `removeStaleSocket`.
private func recordIdentity(_ path: String) throws(SystemError) {
    guard let identity = identity(path) else { return }
    try FileSystem.create(recordPath(path)).write(all: identity.utf8.span)
}

private func recordPath(_ path: String) -> String { path + ".made" }

/// Identifies the file at `path`, even against a later one with the same inode. nil if the file does not exist.
private func identity(_ path: String) -> String? {
    guard let status = try? FileSystem.status(path, followingLinks: false) else { return nil }
    return "\(status.device) \(status.inode) \(status.changed)"
}

/// The lock on the path of a closed socket. It keeps other pools away from the path while workers finish.
struct PoolLock: ~Copyable {
    let descriptor: FileDescriptor?
}
