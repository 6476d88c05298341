// Waiting for connections on a listening socket that several processes share.

internal import CSystem
internal import Glibc

/// The connections that arrive on a listening socket.
///
/// Of the processes that wait, the kernel always wakes the one that was the first to make such an object. In a blocking
/// `accept`, all would take turns, and each request would find the processor's caches without what it needs, and
/// without what its process of the database needs.
public final class Arrivals {
    private let queue: FileDescriptor

    /// Makes the listener non-blocking, for all processes that share it: `accept` fails with EAGAIN instead of waiting.
    ///
    /// The corresponding C functions are `fcntl` with O_NONBLOCK, `epoll_create1`, and `epoll_ctl` with EPOLLEXCLUSIVE.
    ///
    /// - Parameter listener: the socket's number. It must outlive this value.
    public init(on listener: Int32) throws(SystemError) {
        let flags = try Faults.call(.fcntl) { fcntl(listener, F_GETFL) }
        try Faults.call(.fcntl) { fcntl(listener, F_SETFL, flags | O_NONBLOCK) }
        let queue = FileDescriptor(owning: try Faults.call(.epoll_create1) { coffer_epoll_create() })
        try Faults.call(.epoll_ctl) { coffer_epoll_add(queue.number, listener) }
        self.queue = queue
    }

    /// Waits until a connection has arrived, for at most `limit`. Another process may accept it first.
    ///
    /// The corresponding C function is `epoll_wait`. After an error, this returns, and `accept` reports it.
    public func wait(limit: Duration) {
        _ = coffer_epoll_wait(queue.number, Int32(clamping: Int64(limit / .milliseconds(1))))
    }
}
