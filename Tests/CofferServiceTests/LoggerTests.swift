import BlobStore
import CofferCore
import POSIX
import Testing

@testable import CofferService
@testable import Postgres
@testable import Storage

struct LoggerTests {
    private let lines = LogLines()
    private let logger: Logger

    init() {
        logger = lines.logger(.warning)
    }

    @Test func `a line has the id of the current request, and a lower level is not written`() {
        logger.requestID = "r1"
        logger.record(.storageFailed("full"))
        logger.record(.clientGone)
        logger.requestID = nil
        logger.record(.storageFailed("empty"))
        #expect(
            lines.all == [
                #"<3>level=error request_id=r1 event=storage_failed message="full""#,
                #"<3>level=error event=storage_failed message="empty""#,
            ])
    }

    @Test func `an observation that many requests would repeat is written once`() {
        for message in ["a", "b", "a"] { logger.recordOnce(.storageFailed(message)) }
        #expect(lines.all.count == 2)
    }

    @Test func `reporting returns a value and writes nothing`() throws {
        #expect(try logger.reporting { 42 } == 42)
        #expect(lines.all.isEmpty)
    }

    @Test func `reporting writes why a request failed, and throws what the client sees`()
        throws
    {
        let name = BlobName.generate()
        let outage = BlobStoreError(.unavailable, "no such directory")
        let cases: [(error: any Error, line: String)] = [
            (outage, #"<3>level=error event=storage_failed message="\#(outage)""#),
            (BlobLeftBehind(name: name, reason: outage), "<4>level=warning event=blob_left_behind blob=\(name)"),
            (
                PostgresError(.unexpectedResult, message: "no column"),
                #"<3>level=error event=database_failed message="unexpectedResult: no column""#
            ),
            (SystemError(.write, 5), "<3>level=error event=failed type=SystemError"),
        ]
        for (error, line) in cases {
            lines.all = []
            #expect(refusal { try logger.reporting { throw error } } == Failure(mapping: error))
            #expect(lines.all == [line])
        }
    }

    @Test func `reporting does not write errors that are recorded elsewhere`() {
        let errors: [any Error] = [
            Failure(.storageUnavailable), PostgresError(.connection, message: "x"),
        ]
        for error in errors {
            #expect(refusal { try logger.reporting { throw error } } == Failure(mapping: error))
        }
        #expect(lines.all.isEmpty)
    }
}
