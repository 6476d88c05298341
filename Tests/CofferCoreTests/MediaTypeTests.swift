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

    @Test func `a type that is excluded by name is not accepted because of an asterisk`() {
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
    func `nulls are stripped if that is requested and offered`(accept: String, expected: String) {
        let offers = [
            MediaType.json, MediaType.strippedArray, MediaType.strippedSingular, MediaType.singular, MediaType.csv,
        ]
        #expect(MediaType.negotiate(accept, offers: offers) == expected)
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
    func `types that can run scripts, and unknown types, may not be shown`(type: String) {
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

struct MediaTypeTableTests {
    @Test func `every extension of the table is found, and no other one`() {
        let entries = MediaTypeTable.lines.split(separator: "\n").map { $0.split(separator: " ").map { String($0) } }
        #expect(entries.count > 1000)
        for entry in entries {
            #expect(entry.count == 2)
            #expect(MediaTypeTable.type(of: entry[0]) == entry[1])
            #expect(MediaTypeTable.type(of: entry[0] + "\u{1}") == nil)
        }
        for absent in ["", " ", "\n", "0", "~", "zzzzzzz", "png application/x", "é"] {
            #expect(MediaTypeTable.type(of: absent) == nil, "\(absent)")
        }
    }

    @Test(arguments: [
        ("7z", "application/x-7z-compressed"), ("bz2", "application/x-bzip2"), ("css", "text/css"), ("csv", "text/csv"),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"), ("eml", "message/rfc822"),
        ("flac", "audio/flac"), ("gz", "application/gzip"), ("heic", "image/heic"), ("htm", "text/html"),
        ("ico", "image/vnd.microsoft.icon"), ("ics", "text/calendar"), ("jpg", "image/jpeg"), ("js", "text/javascript"),
        ("json", "application/json"), ("m4a", "audio/mp4"), ("md", "text/markdown"), ("mkv", "video/matroska"),
        ("mov", "video/quicktime"), ("mp3", "audio/mpeg"), ("odt", "application/vnd.oasis.opendocument.text"),
        ("ogg", "audio/ogg"), ("opus", "audio/opus"), ("rtf", "application/rtf"), ("svg", "image/svg+xml"),
        ("tiff", "image/tiff"), ("txt", "text/plain"), ("vcf", "text/vcard"), ("wav", "audio/wav"),
        ("webp", "image/webp"), ("xls", "application/vnd.ms-excel"), ("xml", "application/xml"),
        ("xz", "application/x-xz"), ("yml", "application/yaml"), ("zst", "application/zstd"),
    ])
    func `common extensions have their usual types`(name: String, type: String) {
        #expect(MediaTypeTable.type(of: name) == type)
    }
}
