import Testing

@testable import BlobStore

struct XMLElementTests {
    @Test func `elements, text and entities are parsed, and everything else is ignored`() throws {
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- no element -->
            <s3:List xmlns="http://s3.amazonaws.com/doc/2006-03-01/" a="b">
              <Name>a &lt;&amp;&#x41;&#66;&quot;&apos;&gt; &nope; &</Name><Empty/><Empty2 x="1"/>
              <Item><Key> k </Key></Item><Item><Key>l</Key></Item>
            </s3:List>
            """
        let root = try #require(XMLElement.parse(Array(text.utf8)))
        #expect(root.name == "List" && root.text == "")
        #expect(root["Name"] == "a <&AB\"'> &nope; &")
        #expect(root["Empty"] == "" && root["Empty2"] == "")
        #expect(root.all("Item").map { $0["Key"] } == [" k ", "l"])
        #expect(root["None"] == nil)
    }

    @Test(arguments: ["", "   ", "text", "<", "<a", "<a>", "<a><b></a></b>", "</a>", "<a></b>", "{\"a\":1}"])
    func `malformed XML is refused`(text: String) {
        #expect(XMLElement.parse(Array(text.utf8)) == nil)
    }

    @Test func `XML that is nested too deeply is refused`() {
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(XMLElement.parse(Array(deep.utf8)) == nil)
    }
}
