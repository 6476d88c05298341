// 4. Sends the response: a CGI response (RFC 3875 §6), over FastCGI and plain CGI alike.

internal import BlobStore
internal import CofferCore
internal import Gateway
internal import POSIX
internal import Postgres
internal import Storage
internal import Text

struct ResponseWriter {
    let exchange: any Exchange
    let requestID: String
    /// Whether the request is a HEAD, whose response has no body.
    let isHead: Bool
    /// Measures how long blobs are read.
    var stopwatch = Stopwatch()

    /// How many bytes are read from a blob at a time.
    private static let chunk = 65_536

    /// - Returns: the number of bytes in the body, also if the web server is to send them.
    /// - Throws: `GatewayError` if the client has gone, `BlobStoreError` if a blob cannot be read to its end. The
    ///   client then gets fewer bytes than Content-Length announces.
    @discardableResult
    func send(_ response: Response) throws -> Int64 {
        let length: Int64
        switch response.body {
        case .none:
            try send(head: response, length: [204, 304].contains(response.status) ? nil : 0)
            length = 0
        case .sentByServer(let bytes):
            try send(head: response, length: nil)
            length = bytes
        case .text(let text):
            length = Int64(text.utf8.count)
            try send(head: response, length: length)
            if !isHead { try exchange.write(text.utf8.span) }
        case .cell(let cell):
            length = try cell.withText { span in
                // As in PostgREST, the response to a HEAD of a list has no Content-Length.
                try send(head: response, length: isHead ? nil : Int64(span.count))
                if !isHead { try exchange.write(span) }
                return Int64(span.count)
            }
        case .blob(let reader, let range):
            length = range.length
            try send(head: response, length: length)
            if !isHead { try stream(reader, range) }
        case .generated(let body):
            length = body.length
            try send(head: response, length: length)
            if !isHead { try body.send { try exchange.write($0) } }
        }
        return isHead ? 0 : length
    }

    /// - Parameter length: nil for no Content-Length.
    private func send(head response: Response, length: Int64?) throws(GatewayError) {
        let status = HeaderField("Status", String(response.status) + " " + reasonPhrase(response.status))
        let id = HeaderField("X-Request-Id", requestID)
        let length = length.map { HeaderField("Content-Length", String($0)) }
        let size = response.fields.reduce(status.size + id.size + (length?.size ?? 0) + 2) { $0 + $1.size }
        let head = [UInt8](capacity: size) { head in
            head.append(status)
            head.append(id)
            for field in response.fields { head.append(field) }
            if let length { head.append(length) }
            head.append(copying: "\r\n".utf8.span)
        }
        try exchange.write(head.span)
    }

    private func stream(_ reader: any BlobReader, _ range: ByteRange) throws {
        var buffer: [UInt8] = []
        buffer.reserveCapacity(Self.chunk)
        var sent: Int64 = 0
        while sent < range.length {
            buffer.removeAll(keepingCapacity: true)
            let wanted = Int(min(Int64(Self.chunk), range.length - sent))
            try buffer.append(addingCapacity: wanted) { span in
                _ = try stopwatch.measure { try reader.read(at: range.offset + sent, into: &span) }
            }
            guard !buffer.isEmpty else { throw BlobStoreError(.unavailable, "A blob is shorter than its size.") }
            try exchange.write(buffer.span)
            sent += Int64(buffer.count)
        }
    }
}

extension HeaderField {
    /// The number of bytes in a head, at most.
    fileprivate var size: Int { name.utf8.count + value.utf8.count + 4 }

    /// The value without line breaks, so that no value can begin another field.
    fileprivate var oneLineValue: String {
        value.allBytes { $0 != 0x0D && $0 != 0x0A } ? value : String(value.filter { !$0.isNewline })
    }
}

extension OutputSpan<UInt8> {
    fileprivate mutating func append(_ field: HeaderField) {
        append(copying: field.name.utf8.span)
        append(copying: ": ".utf8.span)
        append(copying: field.oneLineValue.utf8.span)
        append(copying: "\r\n".utf8.span)
    }
}
