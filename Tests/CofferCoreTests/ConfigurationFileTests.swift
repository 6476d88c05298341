import Testing

@testable import CofferCore

@Suite struct ConfigurationFileTests {
    private func value(_ text: String) throws(ConfigurationError) -> String? {
        try ConfigurationFile.parse("COFFER_SOCKET_GROUP=" + text, path: "f").last?.value
    }

    private func problem(_ text: String) -> String? {
        do {
            _ = try ConfigurationFile.parse(text, path: "f")
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        ("plain", "plain"), ("  spaces around \t", "spaces around"), ("", ""), ("\"\"", ""), ("a#b", "a#b"),
        ("'single $x \\ kept'", "single $x \\ kept"), (#""a \"b\" \\ \$ \n""#, #"a "b" \ $ \n"#),
        ("windows\r", "windows"),
    ])
    func `values are read as systemd reads them`(text: String, expected: String) throws {
        #expect(try value(text) == expected)
    }

    @Test func `comments and blank lines are ignored, and the last line of an option counts`() throws {
        let entries = try ConfigurationFile.parse(
            "# one\n\n; two\n  \t\nCOFFER_WORKERS=1\nCOFFER_WORKERS=2", path: "f")
        #expect(entries.map(\.line) == [5, 6])
        #expect(entries.map(\.value) == ["1", "2"])
    }

    @Test(arguments: [
        ("\n\nCOFFER_WORKER=1", "COFFER_WORKER: is an unknown option (f:3)"),
        ("PATH=/bin", "PATH: is an unknown option (f:1)"),
        ("COFFER_WORKERS", "a line must be KEY=value (f:1)"),
        ("export COFFER_WORKERS=1", "export COFFER_WORKERS: is an unknown option (f:1)"),
        ("COFFER_SOCKET_GROUP='a", "COFFER_SOCKET_GROUP: lacks the closing quote (f:1)"),
        ("COFFER_SOCKET_GROUP='a'b", "COFFER_SOCKET_GROUP: has text after the closing quote (f:1)"),
        ("COFFER_SOCKET_GROUP=a\\", "COFFER_SOCKET_GROUP: a value with a backslash must be in quotes (f:1)"),
    ])
    func `an invalid line is an error that names it`(text: String, expected: String) {
        #expect(problem(text) == expected)
    }
}
