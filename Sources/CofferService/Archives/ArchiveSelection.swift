// What a request wants in its archive: a folder, or a selection of files and folders.

internal import CofferCore

struct ArchiveSelection: Equatable {
    /// Valid paths, of which none contains another. The empty path is the root.
    let paths: [String]
    /// Whether the paths can lead to files, too.
    let isSelection: Bool
    /// The folder to which the names in the archive are relative: the folder itself, or the one that contains all of a
    /// selection. Empty for the root.
    let parent: String

    /// - Throws: `Failure` 400 for a path that breaks a rule, and unless there is either one folder or a selection.
    init(_ parameters: QueryParameters) throws(Failure) {
        var folders: [String] = []
        var selected: [String] = []
        for (name, value) in parameters.pairs {
            switch name {
            case "p_folder": folders.append(value.isEmpty ? "" : try FilePath(value).text)
            case "p_path": selected.append(try FilePath(value).text)
            default: throw Failure(.invalidArgument, "The argument '\(name)' is unknown")
            }
        }
        if folders.count > 1 { throw Failure(.invalidArgument, "The argument 'p_folder' is given twice") }
        guard folders.isEmpty != selected.isEmpty else {
            throw Failure(.invalidArgument, "Either the argument 'p_folder' or 'p_path' is required")
        }
        if let folder = folders.first {
            (paths, isSelection, parent) = ([folder], false, folder)
        } else {
            paths = Self.outermost(selected)
            isSelection = true
            parent = Self.commonParent(paths)
        }
    }

    /// The name of the archive, without its extension.
    var title: String {
        let path = paths.count == 1 ? paths[0] : parent
        return path.isEmpty ? "files" : String(FilePath.name(of: path))
    }

    /// The name of a file in the archive. nil for a folder that is the whole archive.
    func name(of path: String) -> String? {
        let name = path.utf8.dropFirst(parent.isEmpty ? 0 : parent.utf8.count + 1)
        return name.isEmpty ? nil : String(Substring(name))
    }

    /// The paths without those below others, each once.
    private static func outermost(_ paths: [String]) -> [String] {
        let all = Set(paths)
        let outer = all.filter { path in !ancestors(of: path).contains { all.contains($0) } }
        return outer.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The folder that contains all paths and is the furthest from the root.
    private static func commonParent(_ paths: [String]) -> String {
        let first = ancestors(of: paths[0])
        return first.last { folder in paths.allSatisfy { $0.utf8.starts(with: (folder + "/").utf8) } } ?? ""
    }

    /// The folders that contain a path, from the outermost on.
    private static func ancestors(of path: String) -> [String] {
        path.utf8.indices.filter { path.utf8[$0] == UInt8(ascii: "/") }.map { String(path[..<$0]) }
    }
}
