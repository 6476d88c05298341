// The C arrays of parameters that libpq takes. Their memory is reused for every query.

/// The values of one query in the form that `PQsendQueryPrepared` and `PQsendQueryParams` take.
struct ParameterBuffer {
    /// In bytes. A larger buffer is released before the next query.
    private static let maximumKept = 64 * 1024

    private var bytes: [UInt8] = []
    /// The offset of each value in `bytes`. nil for null.
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    /// Replaces the contents by these values.
    mutating func fill(_ parameters: [Parameter]) {
        bytes.removeAll(keepingCapacity: bytes.capacity <= Self.maximumKept)
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        for parameter in parameters {
            switch parameter {
            case .null: add([UInt8]?.none, binary: false)
            case .text(let text): add(text.utf8, binary: false)
            case .integer(let number): add(String(number).utf8, binary: false)
            case .bytes(let value): add(value, binary: true)
            }
        }
    }

    private mutating func add(_ value: (some Collection<UInt8>)?, binary: Bool) {
        offsets.append(value == nil ? nil : bytes.count)
        lengths.append(Int32(clamping: value?.count ?? 0))
        formats.append(binary ? 1 : 0)
        guard let value else { return }
        bytes.append(contentsOf: value)
        // libpq ends a text value at its NUL.
        bytes.append(0)
    }

    /// Passes count, values, lengths and formats to a libpq function, which copies them.
    func withArrays(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Int32
    ) -> Int32 {
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: offsets.count) { values in
                for (index, offset) in offsets.enumerated() {
                    unsafe values.initializeElement(
                        at: index,
                        to: offset.flatMap { unsafe (bytes.baseAddress! + $0).assumingMemoryBound(to: CChar.self) })
                }
                return unsafe body(Int32(offsets.count), values.baseAddress, lengths, formats)
            }
        }
    }
}
