// A piece of memory of fixed size, so that what streams a file of any size allocates once.

/// Bytes in memory of a fixed capacity: filled through an `OutputSpan`, read through a `Span`.
@safe public struct Buffer: ~Copyable {
    private let memory: UnsafeMutableBufferPointer<UInt8>

    /// How many bytes have been put in.
    public private(set) var count = 0

    /// - Parameter capacity: in bytes. The system provides pages only as they are touched.
    public init(capacity: Int) {
        unsafe memory = .allocate(capacity: capacity)
    }

    deinit { unsafe memory.deallocate() }

    public var capacity: Int { unsafe memory.count }

    /// Shows `body` the bytes that have been put in.
    public func withBytes<Value, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try body(unsafe Span(_unsafeElements: UnsafeBufferPointer(memory).extracting(0..<count)))
    }

    /// The bytes that have been put in, as a copy.
    public var array: [UInt8] { unsafe Array(memory.prefix(count)) }

    /// Copies bytes behind those already there; there must be room for them.
    public mutating func append(copying bytes: Span<UInt8>) {
        append { $0.append(copying: bytes) }
    }

    public mutating func removeAll() {
        count = 0
    }

    /// Lets `body` append bytes after those already there, and keeps what it appended even when it throws.
    public mutating func append<Value, Failure: Error>(
        _ body: (inout OutputSpan<UInt8>) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        var space = unsafe OutputSpan(buffer: memory, initializedCount: count)
        let result: Result<Value, Failure>
        do { result = .success(try body(&space)) } catch { result = .failure(error) }
        count = unsafe space.finalize(for: memory)
        return try result.get()
    }
}

extension OutputSpan<UInt8> {
    /// Copies bytes behind those already there; there must be room for them. One by one is several times slower.
    public mutating func append(copying bytes: Span<UInt8>) {
        precondition(bytes.count <= freeCapacity, "no room")
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe withUnsafeMutableBufferPointer { memory, count in
                _ = unsafe memory.extracting(count...).update(fromContentsOf: bytes)
                count += bytes.count
            }
        }
    }
}
