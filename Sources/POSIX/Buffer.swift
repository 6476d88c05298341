// A fixed piece of memory, so that streaming a file of any size allocates only once.

/// A byte buffer of fixed capacity, filled through an `OutputSpan` and read through a `Span`.
@safe public struct Buffer: ~Copyable {
    private let memory: UnsafeMutableBufferPointer<UInt8>

    /// The number of bytes in the buffer.
    public private(set) var count = 0

    /// - Parameter capacity: in bytes. The kernel provides each page when it is first touched.
    public init(capacity: Int) {
        unsafe memory = .allocate(capacity: capacity)
    }

    deinit { unsafe memory.deallocate() }

    public var capacity: Int { unsafe memory.count }

    /// Calls `body` with the bytes in the buffer.
    public func withBytes<Value, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try body(unsafe Span(_unsafeElements: UnsafeBufferPointer(memory).extracting(0..<count)))
    }

    /// A copy of the bytes in the buffer.
    public var array: [UInt8] { unsafe Array(memory.prefix(count)) }

    /// Appends a copy of `bytes`. The program stops if there is not enough free capacity.
    public mutating func append(copying bytes: Span<UInt8>) {
        append { $0.append(copying: bytes) }
    }

    public mutating func removeAll() {
        count = 0
    }

    /// Lets `body` append bytes. What it appended stays in the buffer even if it throws.
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
    /// Appends a copy of `bytes`, several times faster than byte by byte. The program stops if there is not enough free
    /// capacity.
    @inlinable public mutating func append(copying bytes: Span<UInt8>) {
        precondition(bytes.count <= freeCapacity, "no room")
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe withUnsafeMutableBufferPointer { memory, count in
                guard let source = bytes.baseAddress, let start = memory.baseAddress else { return }
                unsafe (start + count).update(from: source, count: bytes.count)
                count += bytes.count
            }
        }
    }
}
