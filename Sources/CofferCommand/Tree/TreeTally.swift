// Counts the files of an export or import, and reports those that could not be written or stored.

internal import POSIX

final class TreeTally {
    private(set) var done = 0
    private(set) var skipped = 0
    private(set) var problems = 0
    private let report: (String) -> Void

    /// - Parameter report: prints a line about a file.
    init(report: @escaping (String) -> Void) { self.report = report }

    /// - Parameter isNew: false if the same bytes existed already.
    func count(isNew: Bool) {
        if isNew { done += 1 } else { skipped += 1 }
    }

    func fail(_ path: String, _ reason: String) {
        problems += 1
        report("\(path.oneLine): \(reason)")
    }
}
