import Testing

@testable import CofferCore

struct ContentDispositionTests {
    @Test(arguments: [
        ("report.pdf", #"filename="report.pdf"; filename*=UTF-8''report.pdf"#),
        ("a/b c/report 1.pdf", #"filename="report 1.pdf"; filename*=UTF-8''report%201.pdf"#),
        ("café.txt", #"filename="caf_.txt"; filename*=UTF-8''caf%C3%A9.txt"#),
        ("cafe\u{301}.txt", #"filename="cafe_.txt"; filename*=UTF-8''cafe%CC%81.txt"#),
        ("日本🔑", #"filename="___"; filename*=UTF-8''%E6%97%A5%E6%9C%AC%F0%9F%94%91"#),
        (#"a"b"#, #"filename="a_b"; filename*=UTF-8''a%22b"#),
        ("100%.txt", #"filename="100_.txt"; filename*=UTF-8''100%25.txt"#),
        ("a;b=c,d", #"filename="a;b=c,d"; filename*=UTF-8''a%3Bb%3Dc%2Cd"#),
        ("it's (1)*", #"filename="it's (1)*"; filename*=UTF-8''it%27s%20%281%29%2A"#),
        ("!#$&+-.^_`|~", #"filename="!#$&+-.^_`|~"; filename*=UTF-8''!#$&+-.^_`|~"#),
    ])
    func `both names are those of the last segment`(path: String, names: String) {
        #expect(ContentDisposition.field(path: path, mediaType: "text/plain", inline: false) == "attachment; \(names)")
    }

    @Test(arguments: [
        ("image/png", true, "inline"), ("image/png", false, "attachment"), ("text/html", true, "attachment"),
        ("image/svg+xml", true, "attachment"),
    ])
    func `only safe types are inline, and only if that is requested`(type: String, inline: Bool, kind: String) {
        #expect(
            ContentDisposition.field(path: "a", mediaType: type, inline: inline).hasPrefix("\(kind); filename=\"a\";"))
    }
}
