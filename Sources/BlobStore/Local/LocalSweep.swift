// Removes the remains of interrupted uploads: files of crashed processes in stage/, and body files of a crashed web
// server in incoming/. Pending markers are only listed; the caller evaluates them.

internal import POSIX

extension LocalBlobStore {
    /// In seconds. A web server writes to a body file as bytes arrive, and a slow upload may take days.
    private static let incomingAge: Int64 = 7 * 24 * 60 * 60

    /// The age of a file in stage/ counts from its `ctime`, so that an old body file is young when it has just been
    /// linked.
    func sweepAbandonedStages(
        olderThan age: Duration?, except open: ([BlobName]) throws -> Set<BlobName>
    ) throws -> Int {
        let unfinished = try abandonedUnfinished(olderThan: age)
        if !unfinished.isEmpty { try discardUnfinished(Array(Set(unfinished).subtracting(open(unfinished)))) }
        let now = Clock.realtimeSeconds()
        return try mapError(to: BlobStoreError.self) {
            let stage = try layout.openDirectory(layout.stage)
            let incoming = try layout.openDirectory(layout.incoming)
            let stages = try abandoned(in: stage, olderThan: age) {
                BlobName($0) == nil && !$0.hasPrefix(LocalLayout.unfinishedPrefix)
            }
            let bodies = try files(in: incoming) { _, status throws(SystemError) in
                now - status.modified >= Self.incomingAge
            }
            return try remove(stages, from: stage) + remove(bodies, from: incoming)
        }
    }

    func discardUnfinished(_ names: [BlobName]) throws(BlobStoreError) {
        _ = try mapError(to: BlobStoreError.self) {
            try remove(
                names.map { LocalLayout.unfinishedPrefix + $0.description }, from: layout.openDirectory(layout.stage))
        }
    }

    private func abandonedUnfinished(olderThan age: Duration?) throws(BlobStoreError) -> [BlobName] {
        try mapError(to: BlobStoreError.self) {
            try abandoned(in: layout.openDirectory(layout.stage), olderThan: age) {
                $0.hasPrefix(LocalLayout.unfinishedPrefix)
            }
            .compactMap { BlobName(String($0.dropFirst())) }
        }
    }

    func hasMarker(of name: BlobName) throws(BlobStoreError) -> Bool {
        try mapError(to: BlobStoreError.self) {
            try FileSystem.statusIfPresent(layout.markerPath(of: name), followingLinks: false) != nil
        }
    }

    func abandonedMarkers(olderThan age: Duration?) throws(BlobStoreError) -> [BlobName] {
        try mapError(to: BlobStoreError.self) {
            try abandoned(in: layout.openDirectory(layout.stage), olderThan: age) { BlobName($0) != nil }
                .compactMap { BlobName($0) }
        }
    }

    func removeMarkers(of names: [BlobName]) throws(BlobStoreError) {
        _ = try mapError(to: BlobStoreError.self) {
            try remove(names.map(\.description), from: layout.openDirectory(layout.stage))
        }
    }

    /// The names in stage/ for which `isWanted` holds, and whose files no process has locked.
    private func abandoned(
        in stage: borrowing FileDescriptor, olderThan age: Duration?, _ isWanted: (String) -> Bool
    ) throws(SystemError) -> [String] {
        let limit = Clock.realtimeSeconds() - (age?.components.seconds ?? 60)
        return try files(in: stage) { name, status throws(SystemError) in
            guard isWanted(name), status.changed <= limit else { return false }
            // A lock that is free stays free, as only the process that made the file takes it.
            do throws(SystemError) {
                return try stage.open(name, for: .readingAndWriting).tryLockExclusively()
            } catch  where error.number == ErrorNumber.permissionDenied {
                // Another user's file, which `coffer check` reports. The sweep goes on with the others.
                return false
            }
        }
    }

    /// The names of a directory's regular files for which `isWanted` holds.
    private func files(
        in directory: borrowing FileDescriptor, _ isWanted: (String, FileStatus) throws(SystemError) -> Bool
    ) throws(SystemError) -> [String] {
        var wanted: [String] = []
        for name in try directory.list() {
            do {
                let status = try directory.status(of: name)
                if status.kind == .regular, try isWanted(name, status) { wanted.append(name) }
            } catch  where error.number == ErrorNumber.noSuchFile {
                // Its own process removed it.
            }
        }
        return wanted
    }

    /// Removes files of a directory.
    ///
    /// - Returns: how many existed.
    private func remove(_ names: [String], from directory: borrowing FileDescriptor) throws(SystemError) -> Int {
        var count = 0
        for name in names {
            do {
                try directory.unlink(name)
                count += 1
            } catch  where error.number == ErrorNumber.noSuchFile {}
        }
        return count
    }
}
