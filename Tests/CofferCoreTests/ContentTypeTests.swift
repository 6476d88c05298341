import Testing

@testable import CofferCore

struct ContentTypeTests {
    @Test(
        arguments: [
            ("text/plain", "a.pdf", "text/plain"), ("Text/Plain; charset=UTF-8", "a", "Text/Plain; charset=UTF-8"),
            (nil, "a.pdf", "application/pdf"), ("", "a.pdf", "application/pdf"),
            ("application/octet-stream", "a.PNG", "image/png"), ("Application/Octet-Stream; x=y", "a.png", "image/png"),
            ("gibberish", "a.png", "image/png"), ("text/", "a.png", "image/png"), ("/plain", "a.png", "image/png"),
            ("text/plain/x", "a.png", "image/png"), (";text/plain", "a.png", "image/png"),
            ("te xt/plain", "a.png", "image/png"),
            ("text/plain\r\nX: y", "a.png", "image/png"), ("text/plain; name=é", "a.png", "image/png"),
            ("text/plain\u{0}", "a.png", "image/png"), (nil, "a", "application/octet-stream"),
            (nil, "a.", "application/octet-stream"), (nil, "a.unheardof", "application/octet-stream"),
            (nil, ".png", "application/octet-stream"), (nil, "b.png/a", "application/octet-stream"),
            (nil, "b/.png", "application/octet-stream"), (nil, "a.tar.gz", "application/gzip"),
            (nil, "a.svg", "image/svg+xml"),
        ] as [(String?, String, String)])
    func `the upload's type is kept, or else the extension's`(
        contentType: String?, path: String, stored: String
    ) throws {
        #expect(ContentType(named: contentType, path: try FilePath(path)).type == stored)
    }

    @Test func `a Content-Type of 255 bytes is kept, a longer one is not`() throws {
        let path = try FilePath("a.png")
        let longest = "text/" + String(repeating: "x", count: 250)
        #expect(ContentType(named: longest, path: path).type == longest)
        #expect(ContentType(named: longest + "x", path: path).type == "image/png")
    }

    @Test(arguments: [
        ("text/plain", "text/plain; charset=utf-8"),
        ("Text/CSV;header=present", "Text/CSV;header=present; charset=utf-8"),
        ("text/plain; format=flowed", "text/plain; format=flowed; charset=utf-8"),
    ])
    func `text in UTF-8 is labelled as such`(type: String, labelled: String) throws {
        let content = ContentType(named: type, path: try FilePath("a"))
        #expect(content.labelled(isUTF8: true) == labelled)
        #expect(content.labelled(isUTF8: false) == type)
    }

    @Test(arguments: [
        "text/plain; charset=iso-8859-1", "text/plain;CHARSET=\"utf-16\"", "text/plain; x=y ; charset = utf-8",
        "text/" + String(repeating: "x", count: 240), "application/json", "application/octet-stream", "image/png",
    ])
    func `a charset of the upload is kept, and only text gets another one`(type: String) throws {
        #expect(ContentType(named: type, path: try FilePath("a")).labelled(isUTF8: true) == type)
    }
}
