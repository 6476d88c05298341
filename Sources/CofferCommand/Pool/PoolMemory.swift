// The memory in which the pool and its workers count. It has no name, and ends with the last of them.

internal import Monitoring
internal import POSIX

final class PoolMemory {
    /// Workers inherit it.
    let file: FileDescriptor
    let counters: PoolCounters

    init() throws(SystemError) {
        file = try PoolCounters.makeFile()
        counters = try PoolCounters(file)
    }

    /// What tells workers that they have inherited it.
    var variables: [String: String] { [PoolCounters.variable: PoolCounters.layout] }
}
