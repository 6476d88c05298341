// Small files of text for the tests.

import POSIX

func write(_ text: String, to path: String) throws {
    try FileSystem.create(path).write(all: Array(text.utf8).span)
}

func text(of path: String) throws -> String {
    String(decoding: try FileSystem.contents(of: path), as: UTF8.self)
}
