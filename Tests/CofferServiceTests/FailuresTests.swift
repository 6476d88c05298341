import BlobStore
import CofferCore
import Gateway
import POSIX
import Testing

@testable import CofferService
@testable import Postgres
@testable import Storage

struct FailuresTests {
    @Test func `every error below becomes the failure of its kind, and an unknown one is 500`() throws {
        let name = BlobName.generate()
        let cases: [(any Error, Failure.Kind)] = [
            (Failure(.wrongPassword, "words"), .wrongPassword),
            (PostgresError(.timeout, message: "x"), .databaseUnavailable), (BlobStoreError(.full, "x"), .storageFull),
            (BlobLeftBehind(name: name, reason: BlobStoreError(.unavailable, "x")), .storageUnavailable),
            (GatewayError.truncatedBody(received: 1, announced: 2), .truncatedBody),
            (SystemError(.write, ErrorNumber.noSpace), .internalError),
        ]
        for (error, kind) in cases {
            #expect(Failure(mapping: error).kind == kind)
            #expect(refusal { try mapError(to: Failure.self) { throw error } } == Failure(mapping: error))
        }
        #expect(Failure(mapping: Failure(.wrongPassword, "words")) == Failure(.wrongPassword, "words"))
    }

    /// The server names the violated constraint. Our SQL may raise the same SQLSTATE without one.
    private func failure(_ state: String, _ message: String = "secret(text)", constraint: String? = nil) -> Failure {
        Failure(
            PostgresError(
                .statement, sqlState: state, message: message, detail: "d", hint: "h", constraint: constraint))
    }

    @Test(arguments: [
        ("KF002", Failure.Kind.fileNotFound), ("KF004", .preconditionFailed), ("KF006", .overQuota),
        ("KF019", .uploadExpired), ("KF020", .loginBlocked), ("23505", .taken),
    ])
    func `an error that our SQL raises reaches the client with its message`(state: String, kind: Failure.Kind) {
        let failure = failure(state, "in our words")
        #expect(failure.kind == kind)
        #expect(failure.message == "in our words")
        #expect(failure.details == "d" && failure.hint == "h")
        let isTransient = [429, 503].contains(kind.status)
        #expect(failure.fields == (isTransient ? [HeaderField("Retry-After", "5")] : []))
    }

    @Test(arguments: [
        ("KF999", Failure.Kind.internalError), ("42501", .forbidden), ("53100", .storageFull),
        ("25006", .databaseUnavailable), ("40001", .databaseUnavailable), ("40P01", .databaseUnavailable),
        ("55P03", .databaseUnavailable),
        ("57014", .databaseUnavailable), ("57P01", .databaseUnavailable), ("08006", .databaseUnavailable),
        ("53300", .databaseUnavailable), ("23505", .taken), ("P0001", .internalError),
        ("XX000", .internalError),
        ("42P01", .internalError), ("42883", .internalError), ("", .internalError),
    ])
    func `PostgreSQL's own message does not reach the client`(state: String, kind: Failure.Kind) {
        let failure = failure(state, constraint: "files_path_key")
        #expect(failure.kind == kind)
        #expect(!failure.body.contains("secret"))
        #expect((failure.fields.isEmpty) == (kind.status != 503))
    }

    @Test func `an unsuitable value is reported with PostgreSQL's message`() {
        #expect(failure("22P02", "invalid input syntax for type uuid").message == "invalid input syntax for type uuid")
        #expect(failure("22003", "out of range").kind == .outOfRange)
        #expect(failure("2201B", "invalid regular expression").kind == .brokenExpression)
        #expect(failure("22025", "LIKE pattern must not end with escape character").kind == .brokenPattern)
        #expect(failure("22008", "date/time field value out of range").kind == .invalidValue)
        #expect(failure("42883", "operator does not exist: uuid ~~ text").kind == .unsuitableOperator)
        #expect(failure("42883", "Operator existiert nicht: uuid ~~ text").kind == .unsuitableOperator)
    }

    @Test(arguments: [
        (PostgresError.Kind.connection, Failure.Kind.databaseUnavailable), (.timeout, .databaseUnavailable),
        (.protocolViolation, .internalError), (.unexpectedResult, .internalError),
    ])
    func `an unavailable database is 503, and a broken protocol 500`(kind: PostgresError.Kind, expected: Failure.Kind) {
        let failure = Failure(PostgresError(kind, message: "secret"))
        #expect(failure.kind == expected)
        #expect(!failure.body.contains("secret"))
    }

    @Test(arguments: [
        (BlobStoreError.Kind.full, Failure.Kind.storageFull), (.unavailable, .storageUnavailable),
        (.absent, .storageUnavailable), (.exists, .internalError), (.refused, .internalError),
        (.misconfigured, .storageUnavailable), (.tooLarge, .tooLarge),
    ])
    func `a full store is 507, and one that is unavailable or misconfigured 503`(
        kind: BlobStoreError.Kind, expected: Failure.Kind
    ) {
        #expect(Failure(BlobStoreError(kind, "secret")).kind == expected)
        #expect(!Failure(BlobStoreError(kind, "secret")).body.contains("secret"))
    }

    @Test func `errors of the web server have failures of their own`() {
        #expect(Failure(GatewayError.malformedParameter("X")).kind == .malformedRequest)
        #expect(
            Failure(GatewayError.truncatedBody(received: 1, announced: nil)).details
                == "1 bytes were received, more were announced")
        #expect(Failure(GatewayError.clientGone).kind == .internalError)
    }
}
