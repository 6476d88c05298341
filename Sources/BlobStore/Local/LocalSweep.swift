// Leftovers of uploads that nobody finishes: those of crashed processes in stage/, those of a crashed web server in
// incoming/. Notes are their caller's to judge.

internal import System

extension LocalBlobStore {
    /// A web server may take days over one slow upload, and writes to its file as bytes arrive.
    private static let incomingAge: Int64 = 7 * 24 * 60 * 60

    /// The age of a file in stage/ counts from its last change of any kind, so that a body file that was slow to arrive
    /// is young when it has just been linked.
    func sweepAbandonedStages(olderThan age: Duration?) throws(BlobStoreError) -> Int {
        let now = Clock.realtimeSeconds()
        do {
            let stage = try layout.openFolder(layout.stage)
            let incoming = try layout.openFolder(layout.incoming)
            let stages = try abandoned(in: stage, olderThan: age) { BlobName($0) == nil }
            let bodies = try files(in: incoming) { _, status throws(SystemError) in
                now - status.modified >= Self.incomingAge
            }
            return try remove(stages, from: stage) + remove(bodies, from: incoming)
        } catch {
            throw BlobStoreError(error)
        }
    }

    func hasNote(of name: BlobName) throws(BlobStoreError) -> Bool {
        do {
            _ = try FileSystem.status(layout.notePath(of: name), followingLinks: false)
            return true
        } catch  where error.number == Errno.noSuchFile {
            return false
        } catch {
            throw BlobStoreError(error)
        }
    }

    func abandonedNotes(olderThan age: Duration?) throws(BlobStoreError) -> [BlobName] {
        do {
            return try abandoned(in: layout.openFolder(layout.stage), olderThan: age) { BlobName($0) != nil }.compactMap
            { BlobName($0) }
        } catch {
            throw BlobStoreError(error)
        }
    }

    func removeNotes(of names: [BlobName]) throws(BlobStoreError) {
        do {
            _ = try remove(names.map(\.description), from: layout.openFolder(layout.stage))
        } catch {
            throw BlobStoreError(error)
        }
    }

    /// The names in stage/ that `isWanted` picks and nobody holds any more.
    private func abandoned(
        in stage: borrowing FileDescriptor, olderThan age: Duration?, _ isWanted: (String) -> Bool
    ) throws(SystemError) -> [String] {
        let limit = Clock.realtimeSeconds() - (age?.components.seconds ?? 60)
        return try files(in: stage) { name, status throws(SystemError) in
            guard isWanted(name), status.changed <= limit else { return false }
            // A lock that is free is free for good: only the file's maker ever takes it.
            do throws(SystemError) {
                return try stage.open(name, for: .readingAndWriting).tryLockExclusively()
            } catch  where error.number == Errno.permissionDenied {
                // Somebody else's, whom `coffer check` names: it must not keep all others from being found.
                return false
            }
        }
    }

    /// The names of the regular files of a folder that `isWanted` picks.
    private func files(
        in folder: borrowing FileDescriptor, _ isWanted: (String, FileStatus) throws(SystemError) -> Bool
    ) throws(SystemError) -> [String] {
        var wanted: [String] = []
        for name in try folder.list() {
            do {
                let status = try folder.status(of: name)
                if status.kind == .regular, try isWanted(name, status) { wanted.append(name) }
            } catch  where error.number == Errno.noSuchFile {
                // Its owner was faster.
            }
        }
        return wanted
    }

    /// Removes files of a folder; returns how many there were.
    private func remove(_ names: [String], from folder: borrowing FileDescriptor) throws(SystemError) -> Int {
        var count = 0
        for name in names {
            do {
                try folder.unlink(name)
                count += 1
            } catch  where error.number == Errno.noSuchFile {}
        }
        return count
    }
}
