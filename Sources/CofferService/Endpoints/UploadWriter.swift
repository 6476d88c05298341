// Receives a piece of a resumable upload. What has arrived is made durable every few megabytes and at the end, also if
// the client is cut off or another request wants the upload.

internal import BlobStore
internal import CofferCore
internal import Cryptography
internal import Gateway
internal import POSIX
internal import Postgres
internal import Storage

final class UploadWriter {
    private let upload: UnfinishedUpload
    private let request: Request
    private let caller: Caller
    private let database: Database
    private let lifetime: Int64
    /// Measures the work of the store.
    private let stopwatch: Stopwatch
    /// False if the pieces of the body are recorded together, once its checksum is known to be right.
    private var recordsPieces = true
    /// At the beginning, and then once in each interval.
    private var nextLook = Clock.monotonicNanoseconds()

    /// How often the database is asked whether another request wants the upload, in nanoseconds.
    private static let interval: Int64 = 1_000_000_000
    /// How many bytes are read at a time.
    private static let step = 65_536

    /// - Parameter lifetime: for how long the upload stays after the last byte, in seconds.
    init(
        _ upload: UnfinishedUpload, _ request: Request, _ caller: Caller, _ database: Database, lifetime: Int64,
        _ stopwatch: Stopwatch
    ) {
        (self.upload, self.request, self.caller) = (upload, request, caller)
        (self.database, self.lifetime, self.stopwatch) = (database, lifetime, stopwatch)
    }

    /// Why a body ended.
    private enum End {
        case complete, cut(Failure), wanted
    }

    /// Receives the body.
    ///
    /// With a checksum, nothing is recorded before the whole body has been compared with it.
    ///
    /// - Returns: the new offset, and when the upload expires.
    /// - Throws: `Failure` 400 for a body that was cut off, 409 if another request has taken over, 413 for one that is
    ///   too long, 460 for a checksum. What has arrived is durable then, but for the last two.
    func receive(
        into blob: any ResumableBlob, _ checksum: UploadChecksum?
    ) throws -> (size: Int64, expires: Int64) {
        if let announced = try request.announcedLength() {
            try requireRoom(announced, blob)
        } else if request.exchange.requiresLength {
            throw Failure(.lengthRequired)
        }
        let expected = try checksum.map { try RunningChecksum($0) }
        recordsPieces = expected == nil
        let end = try receive(into: blob) { bytes in expected?.update(bytes) }
        if let expected {
            guard case .complete = end else { throw failure(end) }
            try expected.compare()
        }
        let expires = try save(blob, hold: false)
        guard case .complete = end else { throw failure(end) }
        return (blob.size, expires)
    }

    /// Says that this request writes no longer. If that fails, the next request waits a moment longer.
    func release() { _ = try? database.change(upload.release, as: caller.identity, for: request) }

    private func receive(into blob: any ResumableBlob, _ update: (Span<UInt8>) -> Void) throws -> End {
        guard try stopwatch.measure({ try blob.claim() }) else { return .wanted }
        var buffer: [UInt8] = []
        while true {
            if try isWanted() { return .wanted }
            let remaining = upload.length - blob.size
            let limit = min(blob.room == 0 ? Self.step : blob.room, Self.step, Int(clamping: max(1, remaining)))
            let end = try fill(&buffer, upTo: limit)
            if remaining == 0, !buffer.isEmpty { try requireRoom(1, blob) }
            if !buffer.isEmpty {
                // Not before there are more bytes, as the end of a body is recorded anyway.
                if blob.room == 0 { try savePiece(blob) }
                try stopwatch.measure { try blob.append(buffer.span) }
                update(buffer.span)
            }
            if let end { return end }
        }
    }

    /// Replaces the contents of the buffer by the next bytes. Ends early when it is time for the next look.
    ///
    /// - Returns: nil if the body goes on.
    private func fill(_ buffer: inout [UInt8], upTo limit: Int) throws(Failure) -> End? {
        buffer.removeAll(keepingCapacity: true)
        buffer.reserveCapacity(Self.step)
        while buffer.count < limit, Clock.monotonicNanoseconds() < nextLook {
            let count = buffer.count
            do throws(GatewayError) {
                var hasArrived = false
                try buffer.append(addingCapacity: limit - count) { (span) throws(GatewayError) in
                    hasArrived = try request.exchange.readArrived(into: &span, limit: .seconds(1))
                }
                if hasArrived, buffer.count == count { return .complete }
            } catch .truncatedBody(let received, let announced) {
                return .cut(Failure(.truncatedBody(received: received, announced: announced)))
            } catch {
                throw Failure(error)
            }
        }
        return nil
    }
}

extension UploadWriter {
    /// - Throws: `Failure` 413 unless so many bytes are missing.
    private func requireRoom(_ bytes: Int64, _ blob: any ResumableBlob) throws(Failure) {
        let missing = upload.length - blob.size
        guard bytes > missing else { return }
        throw Failure(.tooLarge, details: "The body goes beyond the \(upload.length) bytes of the upload")
    }

    /// Stores what has arrived, and records it unless it is to be compared with a checksum first.
    private func savePiece(_ blob: any ResumableBlob) throws {
        if recordsPieces {
            _ = try save(blob, hold: true)
        } else if blob.isExclusive {
            _ = try stopwatch.measure { try blob.save() }
        } else {
            try locked { _ in _ = try stopwatch.measure { try blob.save() } }
        }
    }

    /// - Returns: when the upload expires.
    private func save(_ blob: any ResumableBlob, hold: Bool) throws -> Int64 {
        let expires: Int64
        if blob.isExclusive {
            // In one round trip: the bytes are durable, so it does no harm if the database records them although this
            // request has given up.
            expires = try database.run(try stored(blob, hold), as: caller.identity, for: request, read: Self.expires)
        } else {
            expires = try locked { transaction in try Self.expires(transaction.run(stored(blob, hold))) }
        }
        blob.recorded()
        return expires
    }

    /// Stores what has arrived.
    ///
    /// - Returns: the query that records it.
    private func stored(_ blob: any ResumableBlob, _ hold: Bool) throws -> Query {
        Faults.point("before the piece")
        let progress = try stopwatch.measure { try blob.save() }
        Faults.point("after the piece")
        return upload.record(progress, lifetime: lifetime, hold: hold)
    }

    private static func expires(_ rows: Rows) throws -> Int64 { try rows.only().integer("expires_at") }

    /// Locks the row of the upload, so that only one request stores bytes.
    private func locked<Value>(_ body: (Database.Transaction) throws -> Value) throws -> Value {
        try database.transaction(as: caller.identity, for: request) { transaction in
            _ = try transaction.run(upload.hold)
            return try body(transaction)
        }
    }

    private func isWanted() throws -> Bool {
        let now = Clock.monotonicNanoseconds()
        guard now >= nextLook else { return false }
        nextLook = now + Self.interval
        return try database.run(upload.isWanted, as: caller.identity, for: request) { rows in
            try rows.only().boolean("is_wanted")
        }
    }

    private func failure(_ end: End) -> Failure {
        if case .cut(let failure) = end { return failure }
        return Failure(.uploadTaken)
    }
}

/// Computes the checksum of a body while it arrives.
private final class RunningChecksum {
    private let checksum: UploadChecksum
    private var sha1: SHA1?
    private var sha256: SHA256?

    init(_ checksum: UploadChecksum) throws {
        self.checksum = checksum
        switch checksum.algorithm {
        case .sha1: sha1 = try SHA1()
        case .sha256: sha256 = SHA256()
        }
    }

    func update(_ bytes: Span<UInt8>) {
        sha1?.update(bytes)
        sha256?.update(bytes)
    }

    /// - Throws: `Failure` 460 if the body has another digest.
    func compare() throws(Failure) {
        let digest = sha1.take()?.finish() ?? sha256.take()?.finish()
        if digest != checksum.digest { throw Failure(.checksumMismatch) }
    }
}
