// An open file as a value that cannot be copied or forgotten: it is closed where it goes out of scope.

internal import CSystem
internal import Glibc

/// An open file descriptor and the calls that need nothing else.
public struct FileDescriptor: ~Copyable, Sendable {
    /// The number the kernel knows it by; valid as long as this value lives.
    public let number: Int32

    /// Takes over an open descriptor: from now on this value closes it.
    public init(adopting number: Int32) {
        self.number = number
    }

    // close(2) must not be retried on Linux, and what it could report has been asked of fsync(2) where it matters.
    deinit { _ = Glibc.close(number) }

    /// Gives the descriptor up without closing it, for instance to hand it to a new process.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }

    /// Appends up to `buffer.freeCapacity` bytes; returns how many, 0 at the end of the file.
    ///
    /// The corresponding C function is `read`.
    @discardableResult
    public func read(into buffer: inout OutputSpan<UInt8>) throws(SystemError) -> Int {
        try unsafe transfer(.read, into: &buffer) { unsafe Glibc.read(number, $0, $1) }
    }

    /// Appends up to `buffer.freeCapacity` bytes from `offset` (in bytes) on, without moving the file's position;
    /// returns how many, 0 at or after the end of the file.
    ///
    /// The corresponding C function is `pread`.
    @discardableResult
    public func read(at offset: Int64, into buffer: inout OutputSpan<UInt8>) throws(SystemError) -> Int {
        try unsafe transfer(.pread, into: &buffer) { unsafe pread(number, $0, $1, off_t(offset)) }
    }

    /// Writes all of `bytes` at the file's position, however many calls that takes.
    ///
    /// The corresponding C function is `write`. After an error part of the bytes may have been written.
    public func write(all bytes: Span<UInt8>) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            written += try writeSome(bytes.extracting(droppingFirst: written))
        }
    }

    /// Waits until contents and size are on stable storage. For a folder: until its entries are.
    ///
    /// The corresponding C function is `fsync`. After an error nothing is known about what was written, and a second
    /// call may wrongly succeed: give the file up.
    public func fsync() throws(SystemError) {
        try Faults.call(.fsync) { Glibc.fsync(number) }
    }

    /// Starts writing dirty pages out, so that a later `fsync` has less to wait for. Waits while the disk's queue is full.
    ///
    /// The corresponding C function is `sync_file_range`. Only a hint: it makes nothing durable.
    ///
    /// - Parameters:
    ///   - offset: in bytes.
    ///   - length: in bytes; 0 means to the end of the file.
    public func startWriteback(offset: Int64, length: Int64) throws(SystemError) {
        try Faults.call(.sync_file_range) {
            coffer_start_writeback(number, off_t(offset), off_t(length))
        }
    }

    /// What the kernel knows about the file. The corresponding C function is `fstat`.
    public func status() throws(SystemError) -> FileStatus {
        var raw = stat()
        try Faults.call(.fstat) { unsafe fstat(number, &raw) }
        return FileStatus(raw)
    }

    /// Sets the permission bits. The corresponding C function is `fchmod`.
    public func setMode(_ mode: UInt32) throws(SystemError) {
        try Faults.call(.fchmod) { fchmod(number, mode) }
    }

    /// Sets when the contents last changed, in whole seconds since 1970, and leaves when they were last read.
    ///
    /// The corresponding C function is `futimens`.
    public func setModified(_ seconds: Int64) throws(SystemError) {
        // UTIME_OMIT of <sys/stat.h>, which Swift does not import.
        let times = [timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2), timespec(tv_sec: Int(seconds), tv_nsec: 0)]
        try Faults.call(.futimens) { unsafe futimens(number, times) }
    }

    /// Makes the user this process runs as the file's owner and leaves its group.
    ///
    /// The corresponding C function is `fchown`. EPERM for another user's file, except for root.
    public func takeOwnership() throws(SystemError) {
        try Faults.call(.fchown) { fchown(number, geteuid(), gid_t.max) }
    }

    /// Sets owner and group, as root may. The corresponding C function is `fchown`.
    public func setOwner(_ owner: FileOwner) throws(SystemError) {
        try Faults.call(.fchown) { fchown(number, owner.user, owner.group) }
    }

    /// Takes the exclusive advisory lock unless someone else holds one; returns whether it was taken.
    ///
    /// The lock belongs to the open file and ends when its last descriptor is closed, also by a crash.
    /// The corresponding C function is `flock` with `LOCK_EX | LOCK_NB`.
    public func tryLockExclusively() throws(SystemError) -> Bool {
        do {
            try Faults.call(.flock) { flock(number, LOCK_EX | LOCK_NB) }
            return true
        } catch  where error.number == EWOULDBLOCK {
            return false
        }
    }

    /// Takes the exclusive advisory lock, waiting for whoever holds one.
    ///
    /// The corresponding C function is `flock` with `LOCK_EX`.
    public func lockExclusively() throws(SystemError) {
        try Faults.call(.flock) { flock(number, LOCK_EX) }
    }

    private func writeSome(_ bytes: Span<UInt8>) throws(SystemError) -> Int {
        let count = Faults.shortened(bytes.count)
        return try Faults.call(.write) {
            unsafe bytes.withUnsafeBufferPointer { unsafe Glibc.write(number, $0.baseAddress, count) }
        }
    }

    private func transfer(
        _ call: SystemCall, into buffer: inout OutputSpan<UInt8>,
        _ body: (UnsafeMutableRawPointer?, Int) -> Int
    ) throws(SystemError) -> Int {
        try unsafe buffer.withUnsafeMutableBufferPointer { (memory, initialized) throws(SystemError) -> Int in
            let free = Faults.shortened(memory.count - initialized)
            let end = unsafe memory.baseAddress.map { unsafe UnsafeMutableRawPointer($0 + initialized) }
            let count = try Faults.call(call) { unsafe body(end, free) }
            initialized += count
            return count
        }
    }
}
