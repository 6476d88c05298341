import Testing

@testable import CofferCore

struct ConfigurationLoadingTests {
    private struct Unreadable: Error, CustomStringConvertible { let description = "Permission denied" }

    /// - Parameter files: the texts by path. nil for a file that cannot be read.
    private func load(_ environment: [String: String], files: [String: String?]) throws -> Configuration {
        try Configuration.load(environment: { environment[$0] }) { path in
            guard let file = files[path] else { return nil }
            guard let text = file else { throw Unreadable() }
            return text
        }
    }

    @Test func `the default file is read if it exists`() throws {
        #expect(try load([:], files: [Configuration.defaultPath: "COFFER_WORKERS=3"]).workers == 3)
        #expect(try load([:], files: [:]).workers != 3)
    }

    private func problem(_ environment: [String: String], files: [String: String?]) -> String? {
        let error = #expect(throws: ConfigurationError.self) { try load(environment, files: files) }
        return error.map { "\($0)" }
    }

    @Test func `the file that COFFER_CONFIG names is read instead`() throws {
        let files = ["/own": "COFFER_WORKERS=3", Configuration.defaultPath: "broken"]
        #expect(try load(["COFFER_CONFIG": "/own"], files: files).workers == 3)
    }

    @Test func `the file that COFFER_CONFIG names must exist`() {
        let problem = problem(["COFFER_CONFIG": "/own"], files: [Configuration.defaultPath: ""])
        #expect(problem == "COFFER_CONFIG: /own cannot be read: there is no such file (environment)")
    }

    @Test(arguments: [[:], ["COFFER_CONFIG": "/own"]])
    func `a file that exists and cannot be read is an error`(environment: [String: String]) {
        let (path, origin) = environment.isEmpty ? (Configuration.defaultPath, "default") : ("/own", "environment")
        #expect(
            problem(environment, files: [path: nil])
                == "COFFER_CONFIG: \(path) cannot be read: Permission denied (\(origin))")
    }
}
