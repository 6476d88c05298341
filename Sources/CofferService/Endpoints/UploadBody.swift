// Where the bytes of an upload are, and how a stream is read while it arrives.

internal import CofferCore
internal import Gateway
internal import Storage

extension Request {
    /// The longest body, in bytes, that is read before the database is asked: reading it takes less time than asking.
    static let short: Int64 = 65_536

    /// Where the body is. A short one has been read already.
    ///
    /// - Throws: `Failure` 411 if plain CGI needs a length that was not announced, 400 for a body that ends early.
    func uploadSource(_ upload: Upload, _ user: UploadUser, limit: UploadLimit) throws(Failure) -> UploadSource {
        switch try text(.bodyHandoff) {
        // nginx writes no file for an empty body.
        case "on": return try text(.bodyFile).map { .file(path: $0) } ?? .bytes([])
        case "failed": return .lost
        default: break
        }
        if upload.announced == nil, exchange.requiresLength { throw Failure(.lengthRequired) }
        guard let announced = upload.announced, announced <= Self.short else {
            let stream = BodyStream(self, upload, user, limit: limit)
            return .stream { (size, buffer) in try stream.read(after: size, into: &buffer) }
        }
        var bytes: [UInt8] = []
        try readBody(into: &bytes, upTo: Int(announced) + 1)
        return .bytes(bytes)
    }
}

/// Reads a body while it arrives, and stops when it cannot be stored. If the length was announced, the database has
/// checked before that there is room.
private final class BodyStream {
    private let request: Request
    private let upload: Upload
    private let user: UploadUser
    private let limit: UploadLimit
    /// How many bytes the user may store. nil for no limit, and before the database was asked.
    private var room: Int64?

    /// How many bytes are read at a time.
    private static let piece = 65_536

    init(_ request: Request, _ upload: Upload, _ user: UploadUser, limit: UploadLimit) {
        (self.request, self.upload, self.user, self.limit) = (request, upload, user, limit)
    }

    func read(after size: Int64, into buffer: inout [UInt8]) throws(Failure) {
        if size == 0, upload.announced == nil { room = try user.room(for: upload) }
        try request.readBody(into: &buffer, upTo: Self.piece)
        let size = size + Int64(buffer.count)
        try limit.check(size)
        if let room, size > room {
            // Throws the database's own refusal, unless there is more room by now.
            try user.checkUnfinished(upload, size: size)
            self.room = try user.room(for: upload)
        }
    }
}
