import POSIX
import Testing

@testable import CofferCore

struct WebServerTextsTests {
    private static let path = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

    @Test func `the web servers have the texts of the registry`() throws {
        let kept = try FileSystem.contents(of: Self.path + "/scripts/web-server-texts")
        #expect(
            String(decoding: kept, as: UTF8.self) == WebServerTexts.file,
            "write it anew: coffer config --web-server-texts > scripts/web-server-texts")
    }

    /// In nginx's configuration the bodies are in single quotes and the headers in double quotes. Both expand variables.
    @Test func `no text contains what a web server's configuration would have to quote`() {
        for line in WebServerTexts.file.split(separator: "\n") {
            #expect(!line.contains { "$@\\%".contains($0) }, "\(line)")
            #expect(!line.contains(line.hasPrefix("value BODY_") ? "'" : "\""), "\(line)")
        }
    }
}
