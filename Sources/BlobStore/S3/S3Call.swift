// One request, sent again while it fails for a reason that may pass.

internal import HTTP
internal import System

/// One request under way, for as many attempts as it takes.
final class S3Call {
    private let request: S3Request
    private let client: S3Client
    private var first: Result<HTTPTransfer, S3Failure>?

    /// Makes the first attempt; what fails is told by `answer`.
    init(_ request: S3Request, _ client: S3Client) {
        (self.request, self.client) = (request, client)
        do throws(S3Failure) { first = .success(try client.start(request)) } catch { first = .failure(error) }
    }

    /// Waits for success, or for the end of all patience.
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
