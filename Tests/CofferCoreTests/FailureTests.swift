import Testing
import Text

@testable import CofferCore

struct FailureTests {
    /// The contract promises that the meaning and the status of a code never change.
    private static let registry = """
        KF000 500 Internal error
        KF001 400 Invalid email or password
        KF002 400 File not found.
        KF003 400 The file path is not allowed
        KF004 412 A precondition of the request does not hold
        KF005 413 The body is larger than allowed
        KF006 413 The quota would be exceeded
        KF007 507 The storage is full
        KF008 503 The storage is not available
        KF009 400 The body is shorter than announced
        KF010 400 The body does not match the announced digest
        KF011 401 The session has ended
        KF012 403 Requests with a session cookie must come from the same origin
        KF013 400 A change requires a filter
        KF014 400 An argument is missing or invalid
        KF015 411 A Content-Length is required
        KF017 400 The password is not allowed
        KF018 409 The last enabled admin must remain
        KF019 503 The upload could not be completed, try again
        KF020 429 Too many failed logins, try again later
        KF021 503 The service is not available
        KF022 414 The URL is too long
        KF023 431 The request headers are too large
        KF024 400 The request is malformed
        KF025 503 The service is not ready
        KF027 400 User not found.
        KF028 400 The current password is wrong
        KF029 400 A folder cannot be moved into itself
        KF030 400 A change cannot have a limit or an offset
        KF031 400 The search by pattern takes too long
        KF032 429 Too many searches by pattern at once, try again
        KF033 503 The outcome of the change is unknown
        KF040 429 Too many logins at once, try again shortly
        KF044 415 The body must be the plain content of the file
        KF045 400 A part of a file cannot be stored
        KF046 400 A header was sent more than once
        KF047 400 Folder not found.
        KF048 503 Too many long requests at once, try again later
        KF050 404 Upload not found.
        KF051 409 The offset is not that of the upload
        KF052 412 Tus-Resumable must be 1.0.0
        KF053 460 The body does not have the announced checksum
        KF054 409 Another request has taken over this upload.
        PGRST000 503 The database is not available
        PGRST100 400 The query string is invalid
        PGRST101 405 The method is not allowed here
        PGRST102 400 Empty or invalid json
        PGRST103 416 Requested range not satisfiable
        PGRST107 406 None of these media types are available
        PGRST108 400 Embedding other tables is not supported
        PGRST116 406 Cannot coerce the result to a single JSON object
        PGRST117 405 The method is not allowed here
        PGRST122 400 Invalid preferences given with handling=strict
        PGRST124 400 Query result exceeds max-affected preference constraint
        PGRST125 404 Invalid path specified in request URL
        PGRST202 404 Could not find the function in the schema cache
        PGRST204 400 Could not find the column in the schema cache
        PGRST205 404 Could not find the table in the schema cache
        PGRST300 500 No key exists to verify tokens with
        PGRST301 401 The token cannot be verified
        PGRST302 401 Anonymous access is disabled
        PGRST303 401 The token's claims are invalid
        42703 400 The column does not exist
        22P02 400 A value is invalid for its column
        22003 400 A value is out of the range of its type
        22025 400 The pattern ends with a backslash
        2201B 400 The regular expression is invalid
        42883 400 The operator is unsuitable for the column's type
        42804 400 The column's type is unsuitable
        42846 400 The column cannot be cast to that type
        42501 403 Permission denied
        23502 400 A value is required
        23505 409 The file path is already in use
        23514 400 A value violates a rule of its column
        """

    @Test func `every code has the status and the text of the contract`() {
        let table = Failure.Kind.allCases.map { "\($0.rawValue) \($0.status) \($0.text)" }.joined(separator: "\n")
        #expect(table == Self.registry)
    }

    @Test func `every code of ours can be raised by the database`() {
        for kind in Failure.Kind.allCases where !kind.rawValue.hasPrefix("PGRST") {
            #expect(kind.rawValue.utf8.count == 5)
            #expect(kind.rawValue.utf8.allSatisfy { $0.isASCIIDigit || (0x41...0x5A).contains($0) })
        }
    }

    @Test func `without a message of its own, a failure has the text of its kind`() {
        let failure = Failure(.fileNotFound)
        #expect(failure.message == "File not found.")
        #expect(failure.body == #"{"code":"KF002","details":null,"hint":null,"message":"File not found."}"#)
        #expect(failure.fields.isEmpty)
    }

    @Test func `the body has its four keys in order, escaped`() throws {
        let failure = Failure(.querySyntax, "a \"b\"", details: "c\nd", hint: "é")
        #expect(failure.body == #"{"code":"PGRST100","details":"c\nd","hint":"é","message":"a \"b\""}"#)
        #expect(try JSON(Array(failure.body.utf8))["message"]?.string == "a \"b\"")
    }
}
