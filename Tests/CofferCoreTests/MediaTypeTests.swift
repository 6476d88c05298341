import Testing

@testable import CofferCore

struct MediaTypeTests {
    @Test(
        arguments: [
            (nil, ["a", "b"], "a"), ("", ["a/a"], "a/a"), (" ", ["a/a"], "a/a"), ("*/*", ["a/a", "b/b"], "a/a"),
            ("b/b", ["a/a", "b/b"], "b/b"), ("B/B", ["a/a", "b/b"], "b/b"), ("b/*", ["a/a", "b/b"], "b/b"),
            ("a/a;q=0.5, b/b", ["a/a", "b/b"], "b/b"), ("a/a;q=0.5, b/b;q=0.4", ["b/b", "a/a"], "a/a"),
            ("b/b, a/a", ["a/a", "b/b"], "b/b"), ("a/a;q=0.8,*/*;q=0.9", ["b/b", "a/a"], "b/b"),
            ("a/a ; charset=utf-8 ; Q=0.1 , b/b ; q=0.2", ["a/a", "b/b"], "b/b"), ("a/a;q=many", ["a/a"], "a/a"),
            ("c/c, d/d", ["a/a"], nil), ("a/a;q=0", ["a/a"], nil), ("*/*;q=0", ["a/a"], nil), (",,", ["a/a"], nil),
            ("a", ["a/a"], nil), ("*", ["a/a"], nil), ("a/", ["a/a"], nil), ("a*/*", ["a/a"], nil),
        ] as [(String?, [String], String?)])
    func `the client's preference decides, then the order of its list`(
        accept: String?, offers: [String], chosen: String?
    ) {
        #expect(MediaType.negotiate(accept, offers: offers) == chosen)
    }

    @Test func `what is excluded by name is not let in by a star`() {
        #expect(MediaType.negotiate("a/a;q=0, */*", offers: ["a/a", "b/b"]) == "b/b")
        #expect(MediaType.negotiate("a/a;q=0, */*", offers: ["a/a"]) == nil)
    }

    @Test(arguments: [
        "application/vnd.pgrst.object+json", "application/vnd.pgrst.object",
        "application/vnd.pgrst.object+json;nulls=stripped",
    ])
    func `PostgREST's type of one object is known with and without its suffix`(accept: String) {
        #expect(MediaType.negotiate(accept, offers: [MediaType.json, MediaType.singular]) == MediaType.singular)
    }

    @Test(arguments: [
        ("application/vnd.pgrst.object+json;nulls=stripped", MediaType.strippedSingular),
        ("application/vnd.pgrst.object; nulls=stripped", MediaType.strippedSingular),
        ("application/vnd.pgrst.array+json;nulls=stripped", MediaType.strippedArray),
        ("application/vnd.pgrst.object+json", MediaType.singular), ("*/*", MediaType.json),
    ])
    func `nulls are stripped where that is asked for and on offer`(accept: String, expected: String) {
        let offers = [
            MediaType.json, MediaType.strippedArray, MediaType.strippedSingular, MediaType.singular, MediaType.csv,
        ]
        #expect(MediaType.negotiate(accept, offers: offers) == expected)
    }

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
    func `the type that is kept is the request's, or the extension's where that says nothing`(
        contentType: String?, path: String, stored: String
    ) throws {
        #expect(MediaType.stored(contentType: contentType, path: try FilePath(path)) == stored)
    }

    @Test func `a Content-Type of 255 bytes is kept, a longer one is not`() throws {
        let path = try FilePath("a.png")
        let longest = "text/" + String(repeating: "x", count: 250)
        #expect(MediaType.stored(contentType: longest, path: path) == longest)
        #expect(MediaType.stored(contentType: longest + "x", path: path) == "image/png")
    }

    @Test(arguments: [
        ("text/plain", "text/plain; charset=utf-8"),
        ("Text/CSV;header=present", "Text/CSV;header=present; charset=utf-8"),
        ("text/plain; format=flowed", "text/plain; format=flowed; charset=utf-8"),
    ])
    func `text that turned out to be UTF-8 says so`(type: String, labelled: String) {
        #expect(MediaType.labelled(type, isUTF8: true) == labelled)
        #expect(MediaType.labelled(type, isUTF8: false) == type)
    }

    @Test(arguments: [
        "text/plain; charset=iso-8859-1", "text/plain;CHARSET=\"utf-16\"", "text/plain; x=y ; charset = utf-8",
        "text/" + String(repeating: "x", count: 240), "application/json", "application/octet-stream", "image/png",
        "text", "",
    ])
    func `a charset that was named stays, and what is no text gets none`(type: String) {
        #expect(MediaType.labelled(type, isUTF8: true) == type)
    }

    @Test(arguments: [
        "image/png", "image/jpeg", "IMAGE/PNG", "application/pdf", "text/plain", "text/plain; charset=utf-8",
        "audio/mpeg",
        "video/mp4",
    ])
    func `images, sound, films, PDF and plain text may be shown`(type: String) {
        #expect(MediaType.isSafeInline(type))
    }

    @Test(arguments: [
        "image/svg+xml", "Image/SVG+XML", "image/svg+xml; charset=utf-8", "image/svg+xml ;x", " image/svg+xml",
        "image/x+xml", "audio/a+XML", "image/svg", "IMAGE/svg", "image/svg-xml", "image/tiff", "image/*", "image/",
        "audio/wav",
        "video/quicktime", "image/png,text/html", "video/svg+xml;x", ";image/png",
        "text/html",
        "text/html; image/png", "text/xml", "application/xhtml+xml", "text/javascript", "text/css", "application/json",
        "application/octet-stream", "", ";", "imagepng", "text/plainer", "application/pdf2",
    ])
    func `what can run script, and all that is not known to be harmless, may not`(type: String) {
        #expect(!MediaType.isSafeInline(type))
    }

    @Test(arguments: [
        ("text/html", "text/html"), ("Text/HTML ; charset=x", "text/html"), ("", ""), (";", ""), (" a/b ", "a/b"),
        (";a/b", ""),
    ])
    func `the essence is type and subtype in lower case`(type: String, essence: String) {
        #expect(MediaType.essence(type) == essence)
    }
}
