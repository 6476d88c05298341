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

    /// nginx has the bodies in single quotes and the headers in double ones, and variables in both.
    @Test func `no text needs quoting in a web server's configuration`() {
        for line in WebServerTexts.file.split(separator: "\n") {
            #expect(!line.contains { "$@\\%".contains($0) }, "\(line)")
            #expect(!line.contains(line.hasPrefix("value BODY_") ? "'" : "\""), "\(line)")
        }
    }
}
