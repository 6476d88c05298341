// Reads a file of any length line by line, in the memory of a chunk.

internal import POSIX

/// The lines of a file. Each must fit into memory.
final class LineReader {
    private let file: FileDescriptor
    private var buffer = Buffer(capacity: 1 << 16)
    private var rest: [UInt8] = []
    private var position = 0
    private var isAtEnd = false

    init(_ file: consuming FileDescriptor) { self.file = file }

    /// The next line without its line feed; nil at the end of the file. The last line needs no line feed.
    func next() throws(SystemError) -> String? {
        while true {
            if let end = rest[position...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { position = end + 1 }
                return String(decoding: rest[position..<end], as: UTF8.self)
            }
            if isAtEnd {
                guard position < rest.count else { return nil }
                defer { position = rest.count }
                return String(decoding: rest[position...], as: UTF8.self)
            }
            try fill()
        }
    }

    private func fill() throws(SystemError) {
        buffer.removeAll()
        let count = try buffer.append { (space) throws(SystemError) in try file.read(into: &space) }
        rest.removeFirst(position)
        position = 0
        rest += buffer.array
        isAtEnd = count == 0
    }
}
