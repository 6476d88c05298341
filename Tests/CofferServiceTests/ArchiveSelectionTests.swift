import CofferCore
import Testing

@testable import CofferService

struct ArchiveSelectionTests {
    private func selection(_ query: String) throws(Failure) -> ArchiveSelection {
        try ArchiveSelection(try QueryParameters(query))
    }

    @Test(arguments: [
        ("p_folder=", [""], "", "files"),
        ("p_folder=a", ["a"], "a", "a"),
        ("p_folder=a/b", ["a/b"], "a/b", "b"),
        ("p_folder=cafe%CC%81", ["café"], "café", "café"),
        ("p_path=a/b/c", ["a/b/c"], "a/b", "c"),
        ("p_path=a", ["a"], "", "a"),
        ("p_path=a/b&p_path=a/c/d", ["a/b", "a/c/d"], "a", "a"),
        ("p_path=a/b&p_path=c", ["a/b", "c"], "", "files"),
        ("p_path=a/b&p_path=a/b&p_path=a/b/c/d&p_path=a/b-c", ["a/b", "a/b-c"], "a", "a"),
        ("p_path=ab/c&p_path=a/c", ["a/c", "ab/c"], "", "files"),
        ("p_path=a&p_path=a/b", ["a"], "", "a"),
    ])
    func `a request names its paths, their folder and the archive`(
        query: String, paths: [String], parent: String, title: String
    ) throws {
        let selection = try selection(query)
        #expect(selection.paths == paths)
        #expect(selection.parent == parent)
        #expect(selection.title == title)
        #expect(selection.isSelection == query.hasPrefix("p_path"))
    }

    @Test(arguments: [
        ("", "Either the argument 'p_folder' or 'p_path' is required"),
        ("p_folder=a&p_path=b", "Either the argument 'p_folder' or 'p_path' is required"),
        ("p_folder=a&p_folder=a", "The argument 'p_folder' is given twice"),
        ("p_folder=a&limit=3", "The argument 'limit' is unknown"),
    ])
    func `other arguments are refused`(query: String, message: String) {
        #expect(throws: Failure(.invalidArgument, message)) { try selection(query) }
    }

    @Test(arguments: ["p_folder=/", "p_folder=a/", "p_path=", "p_path=../a", "p_path=a&p_path=b//c"])
    func `a path that breaks a rule is refused`(query: String) throws {
        let failure = #expect(throws: Failure.self) { try selection(query) }
        #expect(failure?.kind == .filePathRule)
    }

    @Test func `names are relative to the folder, which has none itself`() throws {
        #expect(try selection("p_folder=a/b").name(of: "a/b/c/d") == "c/d")
        #expect(try selection("p_folder=").name(of: "a/b") == "a/b")
        #expect(try selection("p_folder=a").name(of: "a/") == nil)
    }
}
