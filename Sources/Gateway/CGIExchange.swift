// The request of a plain CGI program (RFC 3875): parameters in the environment, the body on standard input, the
// response on standard output.

internal import CFastCGI
internal import POSIX

/// The request for which this process was started, or a test's.
final class CGIExchange: Exchange {
    private let input: FileDescriptor
    private let output: FileDescriptor
    private let lookUp: (StaticString) throws(GatewayError) -> String?
    private var body: BodyLength?
    private var buffer = Buffer(capacity: 65_536)
    private var isClientGone = false

    let requiresLength = true

    /// - Parameter environment: looks up a parameter. Throws `.malformedParameter` if it is not UTF-8.
    init(
        input: consuming FileDescriptor, output: consuming FileDescriptor,
        environment: @escaping (StaticString) throws(GatewayError) -> String?
    ) {
        self.input = input
        self.output = output
        lookUp = environment
    }

    /// The request of this process.
    convenience init() {
        var parameters = ParameterList()
        unsafe parameters.fill(coffer_cgi_parameters())
        self.init(input: FileDescriptor(owning: 0), output: FileDescriptor(owning: 1)) {
            [parameters] (name) throws(GatewayError) in
            try parameters.value(of: name)
        }
    }

    func parameter(_ name: StaticString) throws(GatewayError) -> String? { try lookUp(name) }

    /// Without CONTENT_LENGTH there is no body (RFC 3875 §4.2), since standard input may never end.
    func read(into buffer: inout OutputSpan<UInt8>) throws(GatewayError) {
        var length: BodyLength
        if let body { length = body } else { length = try BodyLength(parameter("CONTENT_LENGTH")) }
        let wanted = length.announced == nil ? 0 : length.allowed(buffer.freeCapacity)
        guard wanted > 0 else { return }
        let count = readInput(wanted, into: &buffer)
        length.add(count)
        body = length
        if count == 0 { throw length.truncated }
    }

    func readArrived(into buffer: inout OutputSpan<UInt8>, limit: Duration) throws(GatewayError) -> Bool {
        let length = if let body { body } else { try BodyLength(parameter("CONTENT_LENGTH")) }
        guard length.missing ?? 0 == 0 || Sockets.waitForInput(input.number, limit: limit) else { return false }
        try read(into: &buffer)
        return true
    }

    /// Reads at most `limit` bytes and returns their number. Returns 0 at the end and after an error, as both mean that
    /// the body ended early.
    private func readInput(_ limit: Int, into buffer: inout OutputSpan<UInt8>) -> Int {
        unsafe buffer.withUnsafeMutableBufferPointer { memory, initialized in
            let part = unsafe UnsafeMutableBufferPointer(rebasing: memory[initialized..<initialized + limit])
            var space = unsafe OutputSpan(buffer: part, initializedCount: 0)
            _ = try? input.read(into: &space)
            let count = unsafe space.finalize(for: part)
            initialized += count
            return count
        }
    }

    func write(_ bytes: Span<UInt8>) throws(GatewayError) {
        guard !isClientGone else { throw .clientGone }
        if bytes.count > buffer.capacity - buffer.count { try flush() }
        // A large piece is sent directly, without a copy.
        guard bytes.count < buffer.capacity else { return try send(bytes) }
        buffer.append { space in
            for index in bytes.indices { space.append(bytes[index]) }
        }
    }

    /// Sends the rest of the response. A web server that is connected by a socket (Apache's mod_cgid) may still be
    /// sending the body, and would lose the response if this process ended with unread bytes.
    func finish() {
        try? flush()
        let length = try? body ?? BodyLength(parameter("CONTENT_LENGTH"))
        if length?.missing != 0 { Sockets.linger(input.number, limit: .seconds(60)) }
    }

    private func flush() throws(GatewayError) {
        guard buffer.count > 0 else { return }
        defer { buffer.removeAll() }
        try buffer.withBytes { (bytes) throws(GatewayError) in try send(bytes) }
    }

    private func send(_ bytes: Span<UInt8>) throws(GatewayError) {
        do { try output.write(all: bytes) } catch {
            isClientGone = true
            throw .clientGone
        }
    }
}
