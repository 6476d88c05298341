// An open file as a value that cannot be copied. It is closed when it goes out of scope.

internal import CSystem
internal import Glibc

/// An open file descriptor, with the C functions that take one.
public struct FileDescriptor: ~Copyable, Sendable {
    /// The descriptor's number. Valid as long as this value exists.
    public let number: Int32

    /// Takes ownership of an open descriptor: this value closes it.
    public init(owning number: Int32) {
        self.number = number
    }

    // close(2) must not be retried on Linux. Where its errors matter, fsync(2) has reported them before.
    deinit { _ = Glibc.close(number) }

    /// Gives up ownership without closing the descriptor. The caller must close it.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }

    /// Reads up to `buffer.freeCapacity` bytes and returns their number, 0 at the end of the file.
    ///
    /// The corresponding C function is `read`.
    @discardableResult
    public func read(into buffer: inout OutputSpan<UInt8>) throws(SystemError) -> Int {
        try unsafe transfer(.read, into: &buffer) { unsafe Glibc.read(number, $0, $1) }
    }

    /// Reads up to `buffer.freeCapacity` bytes at `offset` (in bytes) and returns their number, 0 at or after the end
    /// of the file. Does not change the file's position.
    ///
    /// The corresponding C function is `pread`.
    @discardableResult
    public func read(at offset: Int64, into buffer: inout OutputSpan<UInt8>) throws(SystemError) -> Int {
        try unsafe transfer(.pread, into: &buffer) { unsafe pread(number, $0, $1, off_t(offset)) }
    }

    /// Writes all of `bytes` at the file's position, in several calls if necessary.
    ///
    /// The corresponding C function is `write`. After an error, some of the bytes may have been written.
    public func write(all bytes: Span<UInt8>) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            written += try writeSome(bytes.extracting(droppingFirst: written))
        }
    }

    /// Writes all of `bytes` at `offset` (in bytes), in several calls if necessary. Does not change the file's
    /// position.
    ///
    /// The corresponding C function is `pwrite`. After an error, some of the bytes may have been written.
    public func write(all bytes: Span<UInt8>, at offset: Int64) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let rest = bytes.extracting(droppingFirst: written)
            let (count, place) = (Faults.shortened(rest.count), off_t(offset) + off_t(written))
            written += try Faults.call(.pwrite) {
                unsafe rest.withUnsafeBufferPointer { unsafe pwrite(number, $0.baseAddress, count, place) }
            }
        }
    }

    /// Waits until the file's contents and size are on stable storage, or a directory's entries.
    ///
    /// The corresponding C function is `fsync`. After an error, discard the file: its contents are unknown, and a
    /// second call may wrongly succeed.
    public func fsync() throws(SystemError) {
        try Faults.call(.fsync) { Glibc.fsync(number) }
    }

    /// Starts writing dirty pages to the disk, so that a later `fsync` takes less time. Blocks while the disk's queue
    /// is full.
    ///
    /// The corresponding C function is `sync_file_range`. It makes nothing durable by itself.
    ///
    /// - Parameters:
    ///   - offset: in bytes.
    ///   - length: in bytes; 0 means to the end of the file.
    public func startWriteback(offset: Int64, length: Int64) throws(SystemError) {
        try Faults.call(.sync_file_range) {
            coffer_start_writeback(number, off_t(offset), off_t(length))
        }
    }

    /// The file's metadata. The corresponding C function is `fstat`.
    public func status() throws(SystemError) -> FileStatus {
        var raw = stat()
        try Faults.call(.fstat) { unsafe fstat(number, &raw) }
        return FileStatus(raw)
    }

    /// Sets the permission bits. The corresponding C function is `fchmod`.
    public func setMode(_ mode: UInt32) throws(SystemError) {
        try Faults.call(.fchmod) { fchmod(number, mode) }
    }

    /// Sets the modification time, in whole seconds since 1970, and keeps the access time.
    ///
    /// The corresponding C function is `futimens`.
    public func setModified(_ seconds: Int64) throws(SystemError) {
        // UTIME_OMIT of <sys/stat.h>, which Swift does not import.
        let times = [timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2), timespec(tv_sec: Int(seconds), tv_nsec: 0)]
        try Faults.call(.futimens) { unsafe futimens(number, times) }
    }

    /// Makes the process's user the owner of the file, and keeps the file's group.
    ///
    /// The corresponding C function is `fchown`. Fails with EPERM for another user's file, unless called by root.
    public func takeOwnership() throws(SystemError) {
        try Faults.call(.fchown) { fchown(number, geteuid(), gid_t.max) }
    }

    /// Sets the owner and group, which requires root. The corresponding C function is `fchown`.
    public func setOwner(_ owner: FileOwner) throws(SystemError) {
        try Faults.call(.fchown) { fchown(number, owner.user, owner.group) }
    }

    /// Takes the exclusive advisory lock and returns true, or returns false if it is held elsewhere.
    ///
    /// The lock belongs to the open file. It ends when the last descriptor is closed, also after a crash.
    /// The corresponding C function is `flock` with `LOCK_EX | LOCK_NB`.
    public func tryLockExclusively() throws(SystemError) -> Bool {
        do {
            try Faults.call(.flock) { flock(number, LOCK_EX | LOCK_NB) }
            return true
        } catch  where error.number == EWOULDBLOCK {
            return false
        }
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
