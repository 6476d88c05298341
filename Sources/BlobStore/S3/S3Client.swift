// Signed requests to one bucket, sent again while that can help.

internal import HTTP
internal import System

final class S3Client {
    let address: S3Address
    private let settings: BlobStoreSettings
    private let http: HTTPClient
    /// Read anew after a refusal: those in a file may have been renewed.
    private var credentials: S3Credentials?

    init(_ address: S3Address, _ settings: BlobStoreSettings) throws(BlobStoreError) {
        (self.address, self.settings) = (address, settings)
        var options = HTTPClient.Options()
        options.certificateFile = settings.certificateFile
        options.connectLimit = .seconds(2)
        do { http = try HTTPClient(options) } catch { throw S3Failure(error).error }
        _ = try signer()
    }

    /// Sends a request and waits for its answer, which is a success.
    func perform(_ request: S3Request) throws(BlobStoreError) -> S3Response {
        try S3Call(request, self).answer()
    }

    /// Sends a blob whole, and looks at it where the store does not name what it has.
    func put(_ request: S3Request) throws(BlobStoreError) {
        let answer = try perform(request)
        guard answer.head.field("ETag") == nil, let key = request.key, let payload = request.payload else { return }
        try verify(key, size: payload.length)
    }

    /// Whether the store has as many bytes as were sent.
    func verify(_ key: String, size: Int64) throws(BlobStoreError) {
        let head = try perform(S3Request("HEAD", key)).head
        guard head.field("Content-Length") == "\(size)" else {
            throw BlobStoreError(.unavailable, "The storage has other bytes than were sent.")
        }
    }

    /// Sends a request once, where nobody minds much how it ends.
    func attempt(_ request: S3Request) {
        do throws(S3Failure) { _ = try finish(try start(request), of: request) } catch {}
    }

    /// Moves the transfers that are under way, without waiting.
    func move() { http.move() }

    /// How often what fails may be tried from now on.
    var schedule: RetrySchedule { RetrySchedule(patience: settings.patience) }

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

    /// The whole answer of a transfer, if it is a success.
    func finish(_ transfer: HTTPTransfer, of request: S3Request) throws(S3Failure) -> S3Response {
        let answer: S3Response
        do throws(HTTPError) {
            answer = S3Response(head: try transfer.head(), body: try transfer.contents())
        } catch {
            throw S3Failure(error)
        }
        // Some operations begin to answer before they know how they end.
        let isSuccess = (200...299).contains(answer.head.status) && XMLElement.parse(answer.body)?.name != "Error"
        guard isSuccess else { throw refusal(answer) }
        guard request.isGood(answer.head) else {
            throw S3Failure(BlobStoreError(.unavailable, "The storage has other bytes than were sent."), mayPass: true)
        }
        return answer
    }

    func refusal(_ answer: S3Response) -> S3Failure {
        if [401, 403].contains(answer.head.status) { credentials = nil }
        return S3Failure(answer)
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
        let known = if let credentials { credentials } else { try S3Credentials.find(settings) }
        credentials = known
        return S3Signer(credentials: known, region: address.region)
    }
}
