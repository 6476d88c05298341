// The values of all examples in the document. They tell one story: Ada stores letters/hello.txt.

enum RunningExample {
    static let email: OrderedJSON = "ada@example.org"
    static let password: OrderedJSON = "correct horse battery"
    static let newPassword: OrderedJSON = "staple battery horse"
    static let userID: OrderedJSON = "5f0c6d1e-8b1a-4c8e-9d57-0a3f2b7c4e11"
    static let token: OrderedJSON = "eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJyb2xlIjoiZWRpdG9yIn0.c2lnbmF0dXJl"

    static let versionID: OrderedJSON = "5f1d7c9e-2b6a-4c1f-9d3e-8a7b6c5d4e3f"
    static let entryID: OrderedJSON = "0c9f2f4e-6a1b-4d8c-b3a2-1e5d7f9a0b6c"
    static let sessionID: OrderedJSON = "7d3b1f0a-9c2e-4e5d-8f6a-1b2c3d4e5f60"
    static let fileID: OrderedJSON = "c9a4e7d2-31b6-4f7e-a1d8-5b2e9c0f6a34"
    static let folder: OrderedJSON = "letters"
    static let newFolder: OrderedJSON = "archive/letters"
    static let name: OrderedJSON = "hello.txt"
    static let path: OrderedJSON = "letters/hello.txt"
    static let description: OrderedJSON = "The first letter"
    static let mediaType: OrderedJSON = "text/plain"
    static let content: OrderedJSON = "Hello, Coffer!\n"
    static let size: OrderedJSON = 15
    /// The digest of `content` in hexadecimal.
    static let sha256 = "76d7eb3d09bbd12bc0f79a9b79dd08d49fdb9843da5e5484781b6f2d1014145a"
    static let tag: OrderedJSON = .string("\"\(sha256)\"")
    static let digest: OrderedJSON = "sha-256=:dtfrPQm70SvA95qbed0I1J/bmEPaXlSEeBtvLRAUFFo=:"
    static let created: OrderedJSON = "2026-11-24T09:30:00.25+00:00"
    static let updated: OrderedJSON = "2026-11-25T16:05:12.5+00:00"
    static let modified: OrderedJSON = "Wed, 25 Nov 2026 16:05:12 GMT"
    static let quota: OrderedJSON = 1_073_741_824
    static let uploadLimit: OrderedJSON = 104_857_600
    static let cursor: OrderedJSON = "faGVsbG8udHh0"
    static let requestID: OrderedJSON = "4bf92f3577b34da6a3ce929d0e0e4736"
    static let address: OrderedJSON = "192.0.2.7"
}
