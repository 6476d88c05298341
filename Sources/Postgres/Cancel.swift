// Ending what the server is still doing for a batch that nobody waits for any more.

internal import CPostgreSQL
internal import System

extension Connection {
    /// Asks the server to cancel the running statement: `PQgetCancel`, `PQcancel`.
    ///
    /// libpq opens a second connection for it and waits for the server to close it, which one that is stopped never
    /// does. So a thread of its own asks, and goes on without us where that takes long.
    func cancel() {
        guard let request = unsafe CancelRequest(pointer) else { return }
        Threads.run(atMost: .milliseconds(200)) { request.send() }
    }
}

/// The address and the secret that a cancellation needs, apart from its connection. libpq lets any thread use it.
@safe private final class CancelRequest: @unchecked Sendable {
    private let request: OpaquePointer

    init?(_ connection: OpaquePointer) {
        guard let request = unsafe PQgetCancel(connection) else { return nil }
        unsafe self.request = request
    }

    deinit {
        unsafe PQfreeCancel(request)
    }

    /// Whether it worked does not matter: there is nothing else to try.
    func send() {
        var message = [CChar](repeating: 0, count: 256)
        _ = unsafe PQcancel(request, &message, Int32(message.count))
    }
}
