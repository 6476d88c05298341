// A blob of a bucket, open for reading. Reads that follow each other use one request. If a connection breaks, a new
// request goes on from the same byte, as a blob never changes.

internal import HTTP
internal import POSIX

final class S3BlobReader: BlobReader {
    private let client: S3Client
    private let key: String
    let size: Int64
    private var transfer: HTTPTransfer?
    /// The offset of the next byte that `transfer` delivers.
    private var position: Int64 = 0

    init(_ client: S3Client, _ key: String, size: Int64) {
        (self.client, self.key, self.size) = (client, key, size)
    }

    func read(at offset: Int64, into buffer: inout OutputSpan<UInt8>) throws(BlobStoreError) -> Int {
        if offset != position { transfer = nil }
        position = offset
        var schedule = client.schedule
        while !buffer.isFull, position < size {
            do throws(S3Failure) {
                try readSome(&buffer)
            } catch {
                transfer = nil
                guard error.mayPass, let pause = schedule.next(asked: error.pause) else { throw error.error }
                Clock.sleep(pause)
            }
        }
        return Int(position - offset)
    }

    private func readSome(_ buffer: inout OutputSpan<UInt8>) throws(S3Failure) {
        if self.transfer == nil { self.transfer = try begin() }
        guard let transfer else { return }
        do {
            let count = try transfer.read(into: &buffer)
            position += Int64(count)
            if count > 0 { return }
        } catch {
            throw S3Failure(error)
        }
        throw S3Failure(BlobStoreError(.unavailable, "The storage sent only a part of a blob."), mayPass: true)
    }

    private func begin() throws(S3Failure) -> HTTPTransfer {
        var request = S3Request("GET", key)
        request.fields = [HTTPField("Range", "bytes=\(position)-\(size - 1)")]
        let transfer = try client.start(request)
        let head: HTTPHead
        do { head = try transfer.head() } catch { throw S3Failure(error) }
        let isPart = head.status == 206 && head.field("Content-Range") == "bytes \(position)-\(size - 1)/\(size)"
        let isWhole = position == 0 && head.status == 200 && head.field("Content-Length") == "\(size)"
        if isPart || isWhole { return transfer }
        if (200...299).contains(head.status) {
            let message = "The storage sent other bytes than were requested."
            throw S3Failure(BlobStoreError(.unavailable, message), mayPass: true)
        }
        let body: [UInt8]
        do { body = try transfer.contents() } catch { throw S3Failure(error) }
        throw S3Failure(S3Response(head: head, body: body))
    }
}
