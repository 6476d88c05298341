// Requests over FastCGI, one connection each, through libfcgi.
//
// Connections are never kept for another request, even where the web server asks for it: an idle one would pin this
// worker. The web server may always find a kept connection closed.

internal import CFastCGI
internal import System

/// The requests that arrive on one listening socket, one after the other in the same memory.
@safe final class FastCGIExchange: Exchange {
    /// libfcgi's streams point back to it, so it must not move.
    private let request: UnsafeMutablePointer<FCGX_Request>
    private var body: BodyLength?
    private var isClientGone = false
    /// TCP connections begin with the listener's timeout, which would break off a slow body.
    private let inheritsTimeout: Bool

    let requiresLength = false

    /// - Parameter listener: a listening socket with a receive timeout, which must outlive this exchange.
    ///
    /// The corresponding C function is `FCGX_InitRequest`. `Gateway.start` must have been called.
    init(listener: Int32) {
        inheritsTimeout = !Sockets.isUnix(listener)
        unsafe request = .allocate(capacity: 1)
        _ = unsafe FCGX_InitRequest(request, listener, 0)
    }

    deinit {
        unsafe FCGX_Free(request, 1)
        unsafe request.deallocate()
    }

    /// Waits for the next request.
    ///
    /// The corresponding C function is `FCGX_Accept_r`, which closes connections that break the protocol or send
    /// nothing for two seconds by itself.
    ///
    /// - Returns: false when the listener's receive timeout has passed.
    func accept() throws(GatewayError) -> Bool {
        let result = unsafe FCGX_Accept_r(request)
        if result == -Errno.wouldBlock { return false }
        guard result == 0 else { throw .library(-result) }
        body = nil
        isClientGone = false
        if inheritsTimeout { try? Sockets.setReceiveTimeout(connection, .zero) }
        return true
    }

    /// Whether an answer is wanted (FastCGI §6.2), rather than an authorization or a filter.
    var isResponder: Bool { unsafe request.pointee.role == responder }

    /// Answers a request in another role. An authorizer's silence could be taken for consent.
    func refuseRole() {
        let refusal = Array("Status: 501 Not Implemented\r\n\r\n".utf8)
        try? write(refusal.span)
    }

    func parameter(_ name: StaticString) throws(GatewayError) -> String? {
        try unsafe value(of: name, in: request.pointee.envp)
    }

    func parameters(_ name: StaticString) throws(GatewayError) -> [String] {
        try unsafe values(of: name, in: request.pointee.envp)
    }

    /// The corresponding C function is `FCGX_GetStr`.
    func read(into buffer: inout OutputSpan<UInt8>) throws(GatewayError) {
        guard let input = unsafe request.pointee.in else { return }
        var length = try bodyLength()
        let wanted = length.allowed(buffer.freeCapacity)
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
        // Less than was asked for means the end; whether that is the true one, the stream's error tells.
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
        // After an error libfcgi goes on taking what fits into its buffer, so the result alone is not enough.
        if unsafe result < 0 || FCGX_GetError(output) != 0 {
            isClientGone = true
            throw .clientGone
        }
    }

    /// Sends what is left of the response, then closes the connection. To be called as soon as the response is
    /// complete, as libfcgi would otherwise keep it until the next `accept`.
    ///
    /// The corresponding C functions are `FCGX_FClose` and `FCGX_Free`, without the endless draining of
    /// `FCGX_Finish_r`.
    func finish() {
        if !isClientGone {
            // In this order the end of both streams and of the request leave in one write.
            _ = unsafe FCGX_FClose(request.pointee.err)
            _ = unsafe FCGX_FClose(request.pointee.out)
            leaveNothingUnread()
        }
        // Detached: closed at once.
        _ = unsafe FCGX_Detach(request)
        unsafe FCGX_Free(request, 1)
        unsafe request.pointee.envp = nil
    }

    /// A web server that is still sending must get the chance to see the response before the connection is reset.
    private func leaveNothingUnread() {
        let patience = Duration.seconds(2)
        guard let input = unsafe request.pointee.in else { return }
        if let length = try? bodyLength(), length.missing ?? 0 == 0 {
            // Usually only the record that ends the body is left, and already in libfcgi's buffer.
            try? Sockets.setReceiveTimeout(connection, patience)
            _ = unsafe FCGX_GetChar(input)
        }
        if unsafe FCGX_HasSeenEOF(input) == 0 { Sockets.linger(connection, limit: patience) }
    }

    private func bodyLength() throws(GatewayError) -> BodyLength {
        if let body { return body }
        return try BodyLength(parameter("CONTENT_LENGTH"))
    }

    /// libfcgi has no function for it, but the field is part of its ABI.
    private var connection: Int32 { unsafe request.pointee.ipcFd }
}

/// `FCGI_RESPONDER` of FastCGI §8.
private let responder: Int32 = 1
