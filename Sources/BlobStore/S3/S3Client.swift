// Signed requests to one bucket.

internal import HTTP
internal import POSIX

final class S3Client {
    let address: S3Address
    private let settings: BlobStoreSettings
    private let http: HTTPClient
    private var credentials: S3CredentialsSource

    init(_ address: S3Address, _ settings: BlobStoreSettings) throws(BlobStoreError) {
        (self.address, self.settings) = (address, settings)
        credentials = try S3CredentialsSource(settings)
        var options = HTTPClient.Options()
        options.certificateFile = settings.certificateFile
        options.connectLimit = .seconds(2)
        do { http = try HTTPClient(options) } catch { throw S3Failure(error).error }
        _ = try credentials.current()
    }

    /// Sends a whole blob. If the answer has no ETag to compare with, the stored size is checked.
    func put(_ request: S3Request) throws(BlobStoreError) {
        let answer = try perform(request)
        guard answer.head.field("ETag") == nil, let key = request.key, let payload = request.payload else { return }
        try verify(key, size: payload.length)
    }

    /// Fails as `.unavailable` unless the stored object has `size` bytes.
    func verify(_ key: String, size: Int64) throws(BlobStoreError) {
        try Self.requireSize(perform(S3Request("HEAD", key)).head, size)
    }

    /// - Parameter head: the answer to a HEAD request.
    static func requireSize(_ head: HTTPHead, _ size: Int64) throws(BlobStoreError) {
        guard head.field("Content-Length") == "\(size)" else {
            throw BlobStoreError(.unavailable, "The storage received other bytes.")
        }
    }

    /// Sends a request once, without retries, and ignores how it ends.
    func attempt(_ request: S3Request) {
        do throws(S3Failure) { _ = try finish(try start(request), of: request) } catch {}
    }

    /// Sends and receives as much as possible without waiting.
    func performTransfers() { http.perform() }

    /// The retries of a request that starts now.
    var schedule: RetrySchedule { RetrySchedule(retryLimit: settings.retryLimit) }

    func start(_ request: S3Request) throws(S3Failure) -> HTTPTransfer {
        let target = target(request.method, request.key, request.query, request.fields)
        let fields: [HTTPField]
        do throws(BlobStoreError) {
            fields = try signer().fields(
                target, payload: request.payload?.sha256 ?? S3Signer.emptyDigest, at: Clock.realtimeSeconds())
        } catch {
            throw S3Failure(error, mayPass: false)
        }
        let body = request.payload.map { HTTPRequest.Body.source(length: $0.length, $0.source()) } ?? .none
        let address = "\(self.address.origin)\(target.encoded)"
        do throws(HTTPError) {
            return try http.start(HTTPRequest(request.method, address, fields: fields, body: body))
        } catch {
            throw S3Failure(error)
        }
    }

    /// Waits for the whole answer of a transfer.
    ///
    /// - Throws: for every answer that does not report success.
    func finish(_ transfer: HTTPTransfer, of request: S3Request) throws(S3Failure) -> S3Response {
        let answer: S3Response
        do throws(HTTPError) {
            answer = S3Response(head: try transfer.head(), body: try transfer.contents())
        } catch {
            throw S3Failure(error)
        }
        // CompleteMultipartUpload and others answer 200 before they are done, and report a failure in the body.
        let isSuccess = (200...299).contains(answer.head.status) && XMLElement.parse(answer.body)?.name != "Error"
        guard isSuccess else { throw S3Failure(answer) }
        guard request.isGood(answer.head) else {
            throw S3Failure(BlobStoreError(.unavailable, "The storage received other bytes."), mayPass: true)
        }
        return answer
    }

    func presigned(_ key: String, lifetime: Duration) throws(BlobStoreError) -> String {
        try signer().presigned(
            target("GET", key, [], []), lifetime: Int(lifetime.components.seconds), at: Clock.realtimeSeconds())
    }

    private func target(
        _ method: String, _ key: String?, _ query: [(name: String, value: String)], _ fields: [HTTPField]
    ) -> S3Signer.Target {
        S3Signer.Target(
            method: method, host: address.host, path: address.root + (key ?? ""), query: query, fields: fields)
    }

    private func signer() throws(BlobStoreError) -> S3Signer {
        S3Signer(credentials: try credentials.current(), region: address.region)
    }
}
