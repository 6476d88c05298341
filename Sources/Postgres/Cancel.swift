// Cancels a batch that takes too long.

internal import CPostgreSQL
internal import POSIX

extension Connection {
    /// Asks the server to cancel the running statement: `PQgetCancel`, `PQcancel`.
    ///
    /// libpq opens a second connection for this and waits for the server to close it, which a stopped server never
    /// does. So this happens in another thread, for which the caller waits at most 200 ms.
    func cancel() {
        guard let request = unsafe CancelRequest(pointer) else { return }
        Threads.run(atMost: .milliseconds(200)) { request.send() }
    }
}

/// A copy of the address and the secret that a cancellation needs. libpq allows its use in any thread.
@safe private final class CancelRequest: @unchecked Sendable {
    private let request: OpaquePointer

    init?(_ connection: OpaquePointer) {
        guard let request = unsafe PQgetCancel(connection) else { return nil }
        unsafe self.request = request
    }

    deinit {
        unsafe PQfreeCancel(request)
    }

    /// Ignores the result, as there is nothing else to try.
    func send() {
        var message = [CChar](repeating: 0, count: 256)
        _ = unsafe PQcancel(request, &message, Int32(message.count))
    }
}
