// Requests over FastCGI, one per connection, by libfcgi.
//
// The worker closes the connection after each request, even if the web server asks to keep it: a worker serves only one
// connection at a time, so an idle one would block it. FastCGI allows that.

internal import CFastCGI
internal import POSIX

/// The requests on one listening socket, one after the other. The instance is reused for each request.
@safe final class FastCGIExchange: Exchange {
    /// On the heap, since libfcgi's streams point to it.
    private let request: UnsafeMutablePointer<FCGX_Request>
    private var parameters = ParameterList()
    private var body: BodyLength?
    private var isClientGone = false
    /// Whether connections inherit the listener's receive timeout, as TCP connections do. It ends a silent connection,
    /// and would end a slow body.
    private let inheritsTimeout: Bool

    let requiresLength = false

    /// - Parameter listener: a listening socket that does not block, and that has a receive timeout if it is TCP. It
    ///   must outlive this exchange.
    ///
    /// The corresponding C function is `FCGX_InitRequest`. `Gateway.start` must have been called.
    init(listener: Int32) {
        if case .unix = Sockets.family(of: listener) { inheritsTimeout = false } else { inheritsTimeout = true }
        unsafe request = .allocate(capacity: 1)
        _ = unsafe FCGX_InitRequest(request, listener, 0)
    }

    deinit {
        unsafe FCGX_Free(request, 1)
        unsafe request.deallocate()
    }

    /// Takes the next request if a connection waits.
    ///
    /// The corresponding C function is `FCGX_Accept_r`. It closes connections that violate the protocol, that come from
    /// other addresses than `Gateway.admit` says, or that send nothing for two seconds, over TCP for the listener's
    /// receive timeout.
    ///
    /// - Returns: false if no connection waits.
    func accept() throws(GatewayError) -> Bool {
        let result = unsafe FCGX_Accept_r(request)
        if result == -ErrorNumber.wouldBlock { return false }
        guard result == 0 else { throw .library(-result) }
        unsafe parameters.fill(request.pointee.envp)
        body = nil
        isClientGone = false
        if inheritsTimeout {
            try? Sockets.setReceiveTimeout(connection, .zero)
            // It may have been made before a worker has set the listener's.
            try? Sockets.limitSilence(of: connection)
        }
        return true
    }

    /// Whether the web server requests a response (FastCGI §6.2), not an authorization or a filter.
    var isResponder: Bool { unsafe request.pointee.role == responder }

    /// Responds with 501 to a request in another role. Web servers could take no response from an authorizer as
    /// consent.
    func refuseRole() {
        let refusal = Array("Status: 501 Not Implemented\r\n\r\n".utf8)
        try? write(refusal.span)
    }

    func parameter(_ name: StaticString) throws(GatewayError) -> String? {
        try parameters.value(of: name)
    }

    func parameters(_ name: StaticString) throws(GatewayError) -> [String] {
        try parameters.values(of: name)
    }

    /// The corresponding C function is `FCGX_GetStr`.
    func read(into buffer: inout OutputSpan<UInt8>) throws(GatewayError) {
        try read(into: &buffer, upTo: buffer.freeCapacity)
    }

    func readArrived(into buffer: inout OutputSpan<UInt8>, limit: Duration) throws(GatewayError) -> Bool {
        guard let input = unsafe request.pointee.in, try bodyLength().missing != 0 else { return true }
        if arrived == 0 {
            if unsafe coffer_has_arrived(input) == 0, !Sockets.waitForInput(connection, limit: limit) { return false }
            // Makes libfcgi read the next record. It waits only if a part of the record's head has arrived.
            try read(into: &buffer, upTo: 1)
        }
        if arrived > 0 { try read(into: &buffer, upTo: min(arrived, buffer.freeCapacity)) }
        return true
    }

    /// The number of bytes of the body in libfcgi's buffer.
    private var arrived: Int {
        guard let input = unsafe request.pointee.in else { return 0 }
        return unsafe input.pointee.stop - input.pointee.rdNext
    }

    private func read(into buffer: inout OutputSpan<UInt8>, upTo limit: Int) throws(GatewayError) {
        guard let input = unsafe request.pointee.in else { return }
        var length = try bodyLength()
        let wanted = length.allowed(limit)
        guard wanted > 0 else { return }
        let count = unsafe buffer.withUnsafeMutableBufferPointer { memory, initialized in
            guard let start = memory.baseAddress else { return 0 }
            let count = unsafe start.advanced(by: initialized).withMemoryRebound(to: CChar.self, capacity: wanted) {
                Int(unsafe FCGX_GetStr($0, Int32(clamping: wanted), input))
            }
            initialized += count
            return count
        }
        length.add(count)
        body = length
        // A short read means the end of the stream. Its error status shows whether that is the real end of the body.
        let ended = count < min(wanted, Int(Int32.max))
        if ended, unsafe FCGX_GetError(input) != 0 || length.missing ?? 0 > 0 { throw length.truncated }
    }

    /// The corresponding C function is `FCGX_PutStr`.
    func write(_ bytes: Span<UInt8>) throws(GatewayError) {
        guard !isClientGone, let output = unsafe request.pointee.out else { throw .clientGone }
        guard !bytes.isEmpty else { return }
        let result = unsafe bytes.withUnsafeBytes {
            unsafe FCGX_PutStr($0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count), output)
        }
        // After an error, libfcgi still accepts what fits into its buffer, so the result alone does not suffice.
        if unsafe result < 0 || FCGX_GetError(output) != 0 {
            isClientGone = true
            throw .clientGone
        }
    }

    /// Sends the rest of the response and closes the connection. Otherwise libfcgi would keep both until the next
    /// `accept`.
    ///
    /// The corresponding C functions are `FCGX_FClose` and `FCGX_Free`. `FCGX_Finish_r` would read the rest of the body
    /// without a time limit.
    func finish() {
        if !isClientGone {
            // In this order, a single write sends the end of both streams and of the request.
            _ = unsafe FCGX_FClose(request.pointee.err)
            _ = unsafe FCGX_FClose(request.pointee.out)
            drainBody()
        }
        // A detached connection is closed immediately.
        _ = unsafe FCGX_Detach(request)
        unsafe FCGX_Free(request, 1)
        unsafe request.pointee.envp = nil
        unsafe parameters.fill(nil)
    }

    /// Reads the rest of the body for at most two seconds, since a close with unread bytes resets the connection and
    /// the web server would lose the response.
    private func drainBody() {
        let limit = Duration.seconds(2)
        guard let input = unsafe request.pointee.in else { return }
        if let length = try? bodyLength(), length.missing ?? 0 == 0 {
            // Usually only the record that ends the body remains, and it is already in libfcgi's buffer.
            try? Sockets.setReceiveTimeout(connection, limit)
            _ = unsafe FCGX_GetChar(input)
        }
        if unsafe FCGX_HasSeenEOF(input) == 0 { Sockets.linger(connection, limit: limit) }
    }

    private func bodyLength() throws(GatewayError) -> BodyLength {
        if let body { return body }
        return try BodyLength(parameter("CONTENT_LENGTH"))
    }

    /// libfcgi has no function that returns it, but the field is part of its ABI.
    private var connection: Int32 { unsafe request.pointee.ipcFd }
}

/// `FCGI_RESPONDER` of FastCGI §8.
private let responder: Int32 = 1
