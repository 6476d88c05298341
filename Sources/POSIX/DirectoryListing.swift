// Listing a directory.

internal import Glibc

extension FileSystem {
    /// The names in a directory, in no particular order, without `.` and `..` and without names that are not UTF-8.
    ///
    /// The corresponding C functions are `open`, `fdopendir` and `readdir`.
    public static func list(_ path: String) throws(SystemError) -> [String] { try listCounting(path).names }

    /// At most `limit` of the names in a directory.
    ///
    /// The corresponding C functions are `open`, `fdopendir` and `readdir`.
    public static func list(_ path: String, atMost limit: Int) throws(SystemError) -> [String] {
        try listCounting(path, atMost: limit).names
    }

    /// The names in a directory that are UTF-8, and the number of those that are not.
    ///
    /// The corresponding C functions are `open`, `fdopendir` and `readdir`.
    public static func listCounting(
        _ path: String, atMost limit: Int = .max
    ) throws(SystemError) -> (names: [String], others: Int) {
        try listCounting(openDirectory(path), atMost: limit)
    }

    static func listCounting(
        _ directory: consuming FileDescriptor, atMost limit: Int = .max
    ) throws(SystemError) -> (names: [String], others: Int) {
        let number = directory.release()
        guard let stream = unsafe fdopendir(number) else {
            let failure = errno
            _ = FileDescriptor(owning: number)
            throw SystemError(.opendir, failure)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        var others = 0
        while names.count < limit, let name = try unsafe nextName(stream) {
            guard let name = name.text else {
                others += 1
                continue
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return (names, others)
    }

    private struct Entry {
        let text: String?
    }

    /// The next entry, or nil at the end. An entry has no text if its name is not UTF-8.
    private static func nextName(_ stream: OpaquePointer) throws(SystemError) -> Entry? {
        // readdir(3) returns NULL at the end and after an error. Only errno differs.
        errno = 0
        guard let entry = unsafe readdir(stream) else {
            if errno != 0 { throw SystemError(.readdir, errno) }
            return nil
        }
        return unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
            unsafe tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) {
                Entry(text: unsafe String(validatingCString: $0))
            }
        }
    }
}
