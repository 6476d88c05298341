import BlobStore
import TestSupport
import Testing

@testable import CofferCommand

struct CheckCursorTests {
    @Test func `the line of a cursor is read as the same cursor`() throws {
        let name = BlobName.generate()
        for cursor in [CheckCursor(store: 1, blob: nil, problems: 0), CheckCursor(store: 2, blob: name, problems: 3)] {
            #expect(CheckCursor(cursor.text) == cursor)
        }
    }

    @Test(arguments: ["", "1 2", "1 zz 0", "x - 0", "1 - x", "1 - 0 0"])
    func `other text is not a cursor`(text: String) { #expect(CheckCursor(text) == nil) }

    @Test func `a cursor is loaded as it was saved, and nil before`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/cursor"
        #expect(try CheckCursor.load(path) == nil)
        for problems in 1...3 {
            try CheckCursor(store: 1, blob: nil, problems: problems).save(path)
            #expect(try CheckCursor.load(path)?.problems == problems)
        }
    }
}
