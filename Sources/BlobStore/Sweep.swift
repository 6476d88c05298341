// Leftovers of uploads that nobody finishes: those of crashed processes in stage/, those of a crashed web server in
// incoming/.

internal import System

extension LocalBlobStore {
    /// A web server may take days over one slow upload, and writes to its file as bytes arrive.
    private static let incomingAge: Int64 = 7 * 24 * 60 * 60

    /// The age of a file in stage/ counts from its last change of any kind, so that a body file that was slow to arrive
    /// is young when it has just been linked.
    func sweepAbandonedStages(olderThan age: Duration?) throws(BlobStoreError) -> Int {
        let now = Clock.realtimeSeconds()
        let seconds = age?.components.seconds ?? 60
        do {
            return try sweep(layout.stage) { path, status throws(SystemError) in
                if now - status.changed < seconds { return false }
                return try isAbandoned(path)
            }
                + sweep(layout.incoming) { _, status throws(SystemError) in
                    now - status.modified >= Self.incomingAge
                }
        } catch {
            throw BlobStoreError(error)
        }
    }

    /// Removes the regular files of a folder that `isLeftover` picks; returns how many.
    private func sweep(
        _ folder: String, _ isLeftover: (String, FileStatus) throws(SystemError) -> Bool
    ) throws(SystemError) -> Int {
        var count = 0
        for name in try FileSystem.list(folder) {
            let path = "\(folder)/\(name)"
            do {
                let status = try FileSystem.status(path, followingLinks: false)
                guard status.kind == .regular, try isLeftover(path, status) else { continue }
                try FileSystem.unlink(path)
                count += 1
            } catch  where error.number == Errno.noSuchFile {
                // Its owner was faster.
            }
        }
        return count
    }

    /// Whether no process holds the file's lock. It is free for good then: only its maker ever takes it.
    private func isAbandoned(_ path: String) throws(SystemError) -> Bool {
        try FileSystem.open(path, for: .readingAndWriting, followingLinks: false).tryLockExclusively()
    }
}
