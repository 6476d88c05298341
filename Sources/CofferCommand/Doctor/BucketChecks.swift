// A store in an S3 bucket. What a request changes there, it changes back.

internal import BlobStore
internal import CofferCore
internal import HTTP
internal import POSIX
internal import Text

extension DoctorChecks {
    /// The longest difference of the clocks that presigned URLs allow, in seconds.
    private static let allowedSkew: Int64 = 300

    static let bucket: [DoctorCheck<DoctorSubject>] = [
        DoctorCheck(
            "s3.reachable", asks: "any answer of the S3 server", expects: "an answer within 3 seconds",
            mend: "Start the server, or correct the endpoint in COFFER_STORAGE_URL, COFFER_S3_CA_FILE or the firewall.",
            needs: ["configuration.valid"], limit: .seconds(7)
        ) { subject in
            guard try subject.isBucket() else { return .noBucket }
            return .ok("HTTP \(try unsignedAnswer(subject).status)")
        },
        DoctorCheck(
            "s3.clock", asks: "this host's clock and that of the S3 server",
            expects: "at most \(allowedSkew) seconds apart; otherwise signatures are refused",
            mend: "Synchronise the clocks (systemd-timesyncd, chrony).", needs: ["s3.reachable"], limit: .seconds(7)
        ) { subject in
            guard try subject.isBucket() else { return .noBucket }
            guard let date = try unsignedAnswer(subject).field("Date").flatMap({ HTTPDate($0) }) else {
                return .inapplicable("the server does not report its time")
            }
            let seconds = abs(date.seconds - Clock.realtimeSeconds())
            return seconds > allowedSkew ? .error("\(seconds) s apart") : .ok("\(seconds) s apart")
        },
        DoctorCheck(
            "s3.credentials", asks: "a signed request for the object coffer-store",
            expects: "the server accepts the credentials and has the bucket",
            mend: "Correct bucket and region in COFFER_STORAGE_URL, COFFER_S3_CREDENTIALS_FILE or AWS_ variables.",
            needs: ["s3.reachable", "s3.clock"], limit: .seconds(7)
        ) { subject in
            guard try subject.isBucket() else { return .noBucket }
            _ = try subject.store().mark()
            return .ok("accepted")
        },
    ]

    static let bucketContents: [DoctorCheck<DoctorSubject>] = [
        DoctorCheck(
            "s3.writable", asks: "an object that is written, read and removed", expects: "the same bytes",
            mend: "Allow PutObject, GetObject and DeleteObject for these credentials, or make room.",
            needs: ["s3.credentials", "storage.mark"], limit: .seconds(15)
        ) { subject in
            guard try subject.isBucket() else { return .noBucket }
            try subject.store().probe()
            return .ok("the same bytes")
        },
        DoctorCheck(
            "s3.multipart", asks: "multipart uploads that are neither completed nor aborted",
            expects: "fewer than 100, and none older than a week, as they take room that no list shows",
            mend: "Run `coffer gc`, and set a lifecycle rule that aborts incomplete uploads after 7 days.",
            needs: ["s3.credentials"], limit: .seconds(10)
        ) { subject in
            guard try subject.isBucket(), let uploads = try subject.store().openUploads() else { return .noBucket }
            let came = "\(uploads.count) uploads" + (uploads.since.map { ", the oldest since \($0)" } ?? "")
            let age = uploads.oldest.map { Clock.realtimeSeconds() - $0 } ?? 0
            return uploads.count >= 100 || age > 7 * 86_400 ? .warning(came) : .ok(came)
        },
    ]

    /// The head of the answer to a request without signature. A refusal is an answer, too.
    private static func unsignedAnswer(_ subject: DoctorSubject) throws -> HTTPHead {
        guard let origin = try subject.store().presignedTarget(of: BlobName.generate())?.origin else {
            throw Failure("The store is not a bucket.")
        }
        var options = HTTPClient.Options()
        options.certificateFile = try subject.configuration().storageCertificateFile
        options.idleLimit = DoctorSubject.patience
        return try HTTPClient(options).start(HTTPRequest("GET", origin + "/")).head()
    }
}
