// One request with its retries.

internal import HTTP
internal import POSIX

/// A request that has been sent once. `answer` waits for it, and sends it again while a retry can help.
final class S3Call {
    private let request: S3Request
    private let client: S3Client
    private var first: Result<HTTPTransfer, S3Failure>?

    /// Starts the first attempt. Its error is thrown by `answer`.
    init(_ request: S3Request, _ client: S3Client) {
        (self.request, self.client) = (request, client)
        do throws(S3Failure) { first = .success(try client.start(request)) } catch { first = .failure(error) }
    }

    /// Waits for success.
    ///
    /// - Throws: the last attempt's error, if the retry limit has passed or a retry cannot help.
    func answer() throws(BlobStoreError) -> S3Response {
        var schedule = client.schedule
        while true {
            do throws(S3Failure) {
                let transfer = if let first = first.take() { try first.get() } else { try client.start(request) }
                return try client.finish(transfer, of: request)
            } catch {
                guard error.mayPass, let pause = schedule.next(asked: error.pause) else { throw error.error }
                Clock.sleep(pause)
            }
        }
    }
}

extension S3Client {
    /// Sends a request, with retries, and waits for a successful answer.
    func perform(_ request: S3Request) throws(BlobStoreError) -> S3Response {
        try S3Call(request, self).answer()
    }
}
