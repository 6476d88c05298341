// 4. The answer goes out: a CGI response (RFC 3875 §6), the same in every mode.

internal import BlobStore
internal import CofferCore
internal import Gateway
internal import Postgres

struct ResponseWriter {
    let exchange: any Exchange
    let requestID: String
    /// A HEAD gets the head alone.
    let isHead: Bool

    /// Bytes that are read from a blob at a time.
    private static let chunk = 65_536

    /// - Throws: `GatewayError` where the client has gone, `BlobStoreError` where a blob cannot be read on: the
    ///   answer is cut short, which its Content-Length shows.
    func send(_ response: Response) throws {
        switch response.body {
        case .none: try send(head: response, length: [204, 304].contains(response.status) ? nil : 0)
        case .sentByServer: try send(head: response, length: nil)
        case .text(let text):
            try send(head: response, length: Int64(text.utf8.count))
            if !isHead { try exchange.write(text.utf8.span) }
        case .cell(let cell):
            try cell.withText { span in
                // As in PostgREST, the HEAD of a list does not tell its length.
                try send(head: response, length: isHead ? nil : Int64(span.count))
                if !isHead { try exchange.write(span) }
            }
        case .blob(let reader, let range):
            try send(head: response, length: range.length)
            if !isHead { try stream(reader, range) }
        }
    }

    /// - Parameter length: nil leaves Content-Length out.
    private func send(head response: Response, length: Int64?) throws(GatewayError) {
        var head: [UInt8] = []
        head.reserveCapacity(2048)
        append("Status", "\(response.status) \(reasonPhrase(response.status))", to: &head)
        append("X-Request-Id", requestID, to: &head)
        for field in response.fields { append(field.name, field.value, to: &head) }
        if let length { append("Content-Length", String(length), to: &head) }
        head += "\r\n".utf8
        try exchange.write(head.span)
    }

    /// Whatever a value is made of, it cannot begin a field of its own.
    private func append(_ name: String, _ value: String, to head: inout [UInt8]) {
        head += name.utf8
        head += ": ".utf8
        let isOneLine = value.utf8.allSatisfy { $0 != 0x0D && $0 != 0x0A }
        head += (isOneLine ? value : String(value.filter { !$0.isNewline })).utf8
        head += "\r\n".utf8
    }

    private func stream(_ reader: any BlobReader, _ range: ByteRange) throws {
        var buffer: [UInt8] = []
        buffer.reserveCapacity(Self.chunk)
        var sent: Int64 = 0
        while sent < range.length {
            buffer.removeAll(keepingCapacity: true)
            let wanted = Int(min(Int64(Self.chunk), range.length - sent))
            try buffer.append(addingCapacity: wanted) { span in
                try reader.read(at: range.offset + sent, into: &span)
            }
            guard !buffer.isEmpty else { throw BlobStoreError(.unavailable, "A blob is shorter than its size.") }
            try exchange.write(buffer.span)
            sent += Int64(buffer.count)
        }
    }
}
