// Compares the rows of the database with the blobs of one store. The two are read at different moments while people
// work, so a difference is only a suspicion; each is looked at again before it is told.

internal import BlobStore
internal import CofferCore
internal import Storage

final class Checker {
    struct Options: Sendable {
        let configuration: Configuration
        var readsBytes = false
        var repairs = false
        /// Younger blobs without a row are not told, in seconds.
        var minimumAge: Int64 = 0
        var threads = 1
        var rate = RateLimit(nil)
    }

    enum Outcome: Equatable, Sendable {
        case done
        /// What comes after the last saved name is to be done again.
        case interrupted
        /// The store could not be asked any more; the same is to be done again.
        case unavailable(BlobStoreError)
    }

    private struct Suspect {
        let kind: Problem.Kind
        let name: BlobName
    }

    private let options: Options
    private let store: any BlobStore
    private let record: StoreRecord
    private let known: KnownBlobs
    private let now: Int64
    private let interruption: Interruption
    private let report: (Problem) -> Void
    private let progress: Progress
    private var suspects: [Suspect] = []
    private var unread: [FileBlob] = []
    private var unreadBytes: Int64 = 0
    /// Why the store did not answer, where that ended the check.
    private var outage: BlobStoreError?

    init(
        _ record: StoreRecord, _ store: any BlobStore, _ owner: OwnerConnection, _ options: Options, now: Int64,
        progress: Progress, interruption: Interruption, report: @escaping (Problem) -> Void
    ) {
        (self.record, self.store, self.options, self.now) = (record, store, options, now)
        (self.progress, self.interruption, self.report) = (progress, interruption, report)
        known = KnownBlobs(owner: owner, store: record.id)
    }

    /// - Parameters:
    ///   - last: where an earlier check stopped.
    ///   - save: is given the last name of all that are done.
    func check(after last: BlobName?, save: (BlobName) throws(Failure) -> Void) throws(Failure) -> Outcome {
        do throws(Failure) {
            return try compare(after: last, save: save) ? .done : .interrupted
        } catch {
            if let outage { return .unavailable(outage) }
            throw error
        }
    }

    /// - Returns: false when it was interrupted.
    private func compare(after last: BlobName?, save: (BlobName) throws(Failure) -> Void) throws(Failure) -> Bool {
        var join = MergeJoin(rows(after: last), by: \.name, blobs(after: last), by: \.name)
        var steps = 0
        while let pair = try join.next() {
            let name = look(at: pair)
            steps += 1
            let isDue = steps % 10_000 == 0 || unread.count >= 2000 || unreadBytes >= 64 << 20 || suspects.count >= 500
            guard isDue else { continue }
            if interruption.isRequested { return false }
            guard try settle() else { return false }
            try save(name)
        }
        return try settle() && !interruption.isRequested
    }

    private func rows(after last: BlobName?) -> PagedStream<KnownBlob> {
        PagedStream { [known] (previous) throws(Failure) in try known.list(after: previous?.name ?? last) }
    }

    private func blobs(after last: BlobName?) -> PagedStream<BlobStatus> {
        PagedStream { [self] (previous) throws(Failure) in
            try asked { () throws(BlobStoreError) in
                try store.list(after: previous?.name ?? last, limit: Int(KnownBlobs.page))
            }
        }
    }

    /// A question to the store, whose failure is none of the check itself.
    private func asked<Value>(_ question: () throws(BlobStoreError) -> Value) throws(Failure) -> Value {
        do {
            return try question()
        } catch {
            outage = error
            throw Failure(error)
        }
    }

    private func look(at pair: Pair<KnownBlob, BlobStatus>) -> BlobName {
        switch pair {
        case .left(let row):
            if row.file != nil { suspects.append(Suspect(kind: .missing, name: row.name)) }
            return row.name
        case .right(let blob):
            if blob.modified <= now - options.minimumAge {
                suspects.append(Suspect(kind: .orphan(size: blob.size), name: blob.name))
            }
            return blob.name
        case .both(let row, let blob):
            guard let file = row.file else { return row.name }
            if file.size != blob.size {
                suspects.append(Suspect(kind: .wrongSize(found: blob.size, expected: file.size), name: row.name))
            } else if options.readsBytes {
                unread.append(file)
                unreadBytes += file.size
                return row.name
            }
            progress.add(Amount(files: 1, bytes: 0))
            return row.name
        }
    }

    /// Reads what is to be read and looks again at what is suspected.
    ///
    /// - Returns: false when it was interrupted.
    private func settle() throws(Failure) -> Bool {
        guard readBytes() else { return false }
        var again: [Suspect] = []
        for suspect in suspects where !suspect.kind.isRepairable {
            if try isStillSo(suspect) { again.append(suspect) }
        }
        // The row is asked for after the blob: a file that was deleted since then has no row any more.
        let files = try known.files(again.map(\.name))
        for suspect in again {
            if let file = files[suspect.name] { tell(suspect, file) }
        }
        try settleOrphans()
        suspects = []
        return true
    }

    /// The other way round: the row first, for gc removes a row when its blob is gone. And the store's marker before the
    /// row, for an upload removes its marker when it has one.
    private func settleOrphans() throws(Failure) {
        var orphans: [Suspect] = []
        for suspect in suspects where suspect.kind.isRepairable {
            if try !hasMarker(suspect.name) { orphans.append(suspect) }
        }
        let rows = try known.known(orphans.map(\.name))
        for orphan in orphans where !rows.contains(orphan.name) {
            guard try status(orphan.name) != nil else { continue }
            if options.repairs { try known.discard(orphan.name) }
            tell(orphan, nil)
        }
    }

    private func hasMarker(_ name: BlobName) throws(Failure) -> Bool {
        try asked { () throws(BlobStoreError) in
            try (store as? any MarkingBlobStore)?.hasMarker(of: name) ?? false
        }
    }

    private func tell(_ suspect: Suspect, _ file: FileRecord?) {
        report(
            Problem(
                kind: suspect.kind, blob: suspect.name, store: record.id, file: file,
                isRepaired: options.repairs && suspect.kind.isRepairable))
    }

    private func isStillSo(_ suspect: Suspect) throws(Failure) -> Bool {
        let status = try status(suspect.name)
        return switch suspect.kind {
        case .missing: status == nil
        case .wrongSize(_, let expected): status?.size != expected
        default: true
        }
    }

    private func status(_ name: BlobName) throws(Failure) -> BlobStatus? {
        try asked { () throws(BlobStoreError) in
            do throws(BlobStoreError) {
                return try store.status(of: name)
            } catch {
                if error.kind == .absent { return nil }
                throw error
            }
        }
    }

    /// Reads a batch of blobs on several threads.
    private func readBytes() -> Bool {
        let batch = unread
        unread = []
        unreadBytes = 0
        guard !batch.isEmpty else { return true }
        let (url, options, interruption) = (record.url, options, interruption)
        let verdicts = inParallel(
            batch, threads: options.threads,
            with: {
                BlobDigester(url, options.configuration, options.rate, interruption)
            }
        ) { blob, digester in digester.evaluate(blob) }
        if verdicts.contains(.interrupted) { return false }
        for (blob, verdict) in zip(batch, verdicts) {
            if case .problem(let kind) = verdict { suspects.append(Suspect(kind: kind, name: blob.name)) }
            progress.add(Amount(files: 1, bytes: blob.size))
        }
        return true
    }
}
