// Bytes in a file without a name, written once and then read.

internal import POSIX

final class SpooledBytes {
    private let file: FileDescriptor
    private var buffer = Buffer(capacity: 65_536)

    /// - Parameter size: the space to reserve, in bytes.
    init(reserving size: Int64 = 0) throws(SystemError) { file = try FileSystem.createTemporary(reserving: size) }

    func append(_ bytes: Span<UInt8>) throws(SystemError) {
        if bytes.count > buffer.capacity - buffer.count { try flush() }
        if bytes.count > buffer.capacity { try file.write(all: bytes) } else { buffer.append(copying: bytes) }
    }

    /// Calls `body` with all bytes, piece by piece.
    func forEachPiece(_ body: (Span<UInt8>) throws -> Void) throws {
        try flush()
        var offset: Int64 = 0
        var piece = Buffer(capacity: 65_536)
        while true {
            piece.removeAll()
            let count = try piece.append { (space) throws(SystemError) in try file.read(at: offset, into: &space) }
            if count == 0 { return }
            offset += Int64(count)
            try piece.withBytes(body)
        }
    }

    private func flush() throws(SystemError) {
        try buffer.withBytes { (bytes) throws(SystemError) in try file.write(all: bytes) }
        buffer.removeAll()
    }
}
