// Numbers in memory that several processes share. Each change is one atomic operation, so a process that dies at any
// moment leaves all numbers as they were before or after a change.

internal import CSystem
internal import Glibc

/// 64-bit numbers in shared memory, which are 0 at first. The memory is released when the last process ends.
@safe public final class SharedCounters {
    private let numbers: UnsafeMutablePointer<UInt64>
    public let count: Int

    /// Makes a file in memory, which has no name in any directory, for the numbers. Its descriptor is greater than 2,
    /// and is closed in programs that this process starts, unless it is passed to them.
    ///
    /// The corresponding C functions are `memfd_create`, `fcntl` with `F_DUPFD_CLOEXEC`, and `ftruncate`.
    public static func makeFile(count: Int) throws(SystemError) -> FileDescriptor {
        let first = FileDescriptor(owning: try Faults.call(.memfd_create) { unsafe coffer_memory_file("counters") })
        // The lowest free number may be that of a standard stream, if one was closed.
        let number = try Faults.call(.memfd_create) { fcntl(first.number, F_DUPFD_CLOEXEC, 3) }
        let file = FileDescriptor(owning: number)
        try Faults.call(.ftruncate) { ftruncate(number, off_t(count * MemoryLayout<UInt64>.stride)) }
        return file
    }

    /// Maps the numbers of a file.
    ///
    /// The corresponding C function is `mmap`. Fails with `fstat` EINVAL if the file has another size.
    public init(_ file: borrowing FileDescriptor, count: Int) throws(SystemError) {
        let size = count * MemoryLayout<UInt64>.stride
        guard try file.status().size == Int64(size) else { throw SystemError(.fstat, EINVAL) }
        let number = file.number
        let memory = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, number, 0)
        guard let memory = unsafe memory, unsafe memory != MAP_FAILED else { throw SystemError(.mmap, errno) }
        unsafe numbers = memory.bindMemory(to: UInt64.self, capacity: count)
        self.count = count
    }

    deinit { _ = unsafe munmap(numbers, count * MemoryLayout<UInt64>.stride) }

    public subscript(index: Int) -> UInt64 {
        get {
            precondition(index >= 0 && index < count)
            return unsafe coffer_value(numbers + index)
        }
        set {
            precondition(index >= 0 && index < count)
            unsafe coffer_set(numbers + index, newValue)
        }
    }

    public func add(_ amount: UInt64, to index: Int) {
        precondition(index >= 0 && index < count)
        unsafe coffer_add(numbers + index, amount)
    }

    /// Replaces a 0 by `value`, of which only one process can succeed.
    ///
    /// - Returns: the number afterwards: `value`, or what another process has put there.
    public func claim(_ index: Int, for value: UInt64) -> UInt64 {
        precondition(index >= 0 && index < count)
        return unsafe coffer_claim(numbers + index, value)
    }
}
