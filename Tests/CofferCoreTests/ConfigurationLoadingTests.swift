import Testing

@testable import CofferCore

struct ConfigurationLoadingTests {
    private struct Unreadable: Error {}

    /// - Parameter files: text by path; nil for a file that cannot be read.
    private func load(_ environment: [String: String], files: [String: String?]) throws -> Configuration {
        try Configuration.load(environment: { environment[$0] }) { path in
            guard let file = files[path] else { return nil }
            guard let text = file else { throw Unreadable() }
            return text
        }
    }

    @Test func `the usual file is read if it is there`() throws {
        #expect(try load([:], files: [Configuration.standardFile: "COFFER_WORKERS=3"]).workers == 3)
        #expect(try load([:], files: [:]).workers != 3)
    }

    @Test func `the file that COFFER_CONFIG names is read instead, and must be there`() throws {
        let environment = ["COFFER_CONFIG": "/own"]
        #expect(
            try load(environment, files: ["/own": "COFFER_WORKERS=3", Configuration.standardFile: "broken"]).workers
                == 3)
        #expect(throws: ConfigurationError.self) { try load(environment, files: [:]) }
    }

    @Test func `a file that is there and cannot be read is an error`() {
        #expect(throws: ConfigurationError.self) { try load([:], files: [Configuration.standardFile: nil]) }
    }
}
