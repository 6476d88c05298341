// Compares the rows of the database with the blobs of one store. They are read at different moments while people work,
// so a difference is only a suspicion. Each is verified before it is reported.

internal import BlobStore
internal import CofferCore
internal import Storage

final class StoreChecker {
    struct Options: Sendable {
        let configuration: Configuration
        var readsBytes = false
        var repairs = false
        /// In seconds. Younger orphans are not reported.
        var minimumAge: Int64 = 0
        var threads = 1
        var rate = RateLimit(nil)
    }

    enum Outcome: Equatable, Sendable {
        case done
        /// The next check must continue after the last saved name.
        case interrupted
        /// The store failed. The next check must continue after the last saved name.
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
    /// The store's failure that ended the check.
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
    ///   - last: the last name that an earlier check saved.
    ///   - save: saves the last name of those that are done.
    func check(after last: BlobName?, save: (BlobName) throws(Failure) -> Void) throws(Failure) -> Outcome {
        do throws(Failure) {
            return try compare(after: last, save: save) ? .done : .interrupted
        } catch {
            if let outage { return .unavailable(outage) }
            throw error
        }
    }

    /// - Returns: false if the operator interrupted.
    private func compare(after last: BlobName?, save: (BlobName) throws(Failure) -> Void) throws(Failure) -> Bool {
        var join = MergeJoin(rows(after: last), by: \.name, blobs(after: last), by: \.name)
        var steps = 0
        while let pair = try join.next() {
            let name = examine(pair)
            steps += 1
            let isDue = steps % 10_000 == 0 || unread.count >= 2000 || unreadBytes >= 64 << 20 || suspects.count >= 500
            guard isDue else { continue }
            if interruption.isRequested { return false }
            guard try finishBatch() else { return false }
            try save(name)
        }
        return try finishBatch() && !interruption.isRequested
    }

    private func rows(after last: BlobName?) -> PagedStream<KnownBlob> {
        PagedStream { [known] (previous) throws(Failure) in try known.list(after: previous?.name ?? last) }
    }

    private func blobs(after last: BlobName?) -> PagedStream<BlobStatus> {
        PagedStream { [self] (previous) throws(Failure) in
            try ask { () throws(BlobStoreError) in
                try store.list(after: previous?.name ?? last, limit: Int(KnownBlobs.page))
            }
        }
    }

    /// Asks the store, and keeps its failure, as the check continues with the other stores.
    private func ask<Value>(_ question: () throws(BlobStoreError) -> Value) throws(Failure) -> Value {
        do {
            return try question()
        } catch {
            outage = error
            throw Failure(error)
        }
    }

    private func examine(_ pair: Pair<KnownBlob, BlobStatus>) -> BlobName {
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

    /// Reads the blobs whose digests are not compared yet, and verifies and reports the suspicions.
    ///
    /// - Returns: false if the operator interrupted.
    private func finishBatch() throws(Failure) -> Bool {
        guard readBytes() else { return false }
        var confirmed: [Suspect] = []
        for suspect in suspects where !suspect.kind.isRepairable {
            if try isConfirmed(suspect) { confirmed.append(suspect) }
        }
        // First the blob, then its row, as a file that was deleted in the meantime has no row.
        let files = try known.files(confirmed.map(\.name))
        for suspect in confirmed {
            if let file = files[suspect.name] { report(suspect, file) }
        }
        try reportOrphans()
        suspects = []
        return true
    }

    /// Looks for the pending marker, then for the row, then for the blob: an upload has a row before it removes its
    /// marker, and gc removes a blob before its row.
    private func reportOrphans() throws(Failure) {
        var orphans: [Suspect] = []
        for suspect in suspects where suspect.kind.isRepairable {
            if try !hasMarker(suspect.name) { orphans.append(suspect) }
        }
        let rows = try known.existing(orphans.map(\.name))
        for orphan in orphans where !rows.contains(orphan.name) {
            guard try status(orphan.name) != nil else { continue }
            if options.repairs { try known.markAsGarbage(orphan.name) }
            report(orphan, nil)
        }
    }

    private func hasMarker(_ name: BlobName) throws(Failure) -> Bool {
        try ask { () throws(BlobStoreError) in
            try (store as? any MarkingBlobStore)?.hasMarker(of: name) ?? false
        }
    }

    private func report(_ suspect: Suspect, _ file: FileRecord?) {
        report(
            Problem(
                kind: suspect.kind, blob: suspect.name, store: record.id, file: file,
                isRepaired: options.repairs && suspect.kind.isRepairable))
    }

    private func isConfirmed(_ suspect: Suspect) throws(Failure) -> Bool {
        let status = try status(suspect.name)
        return switch suspect.kind {
        case .missing: status == nil
        case .wrongSize(_, let expected): status?.size != expected
        default: true
        }
    }

    private func status(_ name: BlobName) throws(Failure) -> BlobStatus? {
        try ask { () throws(BlobStoreError) in
            do throws(BlobStoreError) {
                return try store.status(of: name)
            } catch {
                if error.kind == .absent { return nil }
                throw error
            }
        }
    }

    /// Compares the digests of a batch of blobs on several threads.
    ///
    /// - Returns: false if the operator interrupted.
    private func readBytes() -> Bool {
        let batch = unread
        unread = []
        unreadBytes = 0
        guard !batch.isEmpty else { return true }
        let (url, options, interruption) = (record.url, options, interruption)
        let verdicts = inParallel(
            batch, threads: options.threads,
            with: { BlobDigester(url, options.configuration, options.rate, interruption) }
        ) { blob, digester in digester.evaluate(blob) }
        if verdicts.contains(.interrupted) { return false }
        for (blob, verdict) in zip(batch, verdicts) {
            if case .problem(let kind) = verdict { suspects.append(Suspect(kind: kind, name: blob.name)) }
            progress.add(Amount(files: 1, bytes: blob.size))
        }
        return true
    }
}
