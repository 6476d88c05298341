// The stores: is each the one that the database means, and can the workers use it.

internal import BlobStore
internal import CofferCore
internal import Storage
internal import POSIX

extension DoctorChecks {
    static let storage: [DoctorCheck<DoctorSubject>] = storePlaces + directory + bucketContents

    private static let storePlaces: [DoctorCheck<DoctorSubject>] = [
        DoctorCheck(
            "storage.open", asks: "the store of COFFER_STORAGE_URL",
            expects: "a directory with stage/ in it, or a bucket with credentials",
            mend: "Mount the disk, correct COFFER_STORAGE_URL, or make a new store with `coffer migrate`.",
            needs: ["configuration.valid"]
        ) { subject in
            _ = try subject.store()
            return .ok(withoutSecrets(try subject.configuration().storageURL))
        },
        DoctorCheck(
            "storage.registered", asks: "whether COFFER_STORAGE_URL is a store of this database",
            expects: "it is the one to which uploads go",
            mend: "See `coffer storage list`, and correct COFFER_STORAGE_URL.",
            needs: ["storage.open", "database.schema"]
        ) { subject in
            guard let record = try record(subject) else { return .error("the database does not know it") }
            return record.isCurrent
                ? .ok("store \(record.id)") : .warning("it is store \(record.id), and uploads go to another one")
        },
        DoctorCheck(
            "storage.mark", asks: "the store's mark, the file or object coffer-store",
            expects: "the UUID that the database knows",
            mend: "Correct COFFER_STORAGE_URL. After moving the store without its mark: coffer storage relocate URL",
            needs: ["storage.registered", "s3.credentials"], limit: .seconds(7)
        ) { subject in
            guard let mark = try record(subject)?.mark else {
                return .warning("the database has no mark", mend: "coffer migrate")
            }
            try subject.store().requireMark(mark)
            return .ok(mark)
        },
        DoctorCheck(
            "storage.others", asks: "the other stores of the database",
            expects: "each can be opened and has its mark",
            mend: "Make the store available, or forget it: see `coffer storage list`.",
            needs: ["storage.registered"], limit: .seconds(10)
        ) { subject in
            let configuration = try subject.configuration()
            let others = try records(subject).filter { $0.url != configuration.storageURL }
            if others.isEmpty { return .inapplicable("the database has one store") }
            let stores = StoreCache(configuration, for: .operator)
            for record in others {
                do {
                    try stores.storeWithoutRetries(record.url).requireMark(record.mark)
                } catch {
                    return .error("store \(record.id), \(withoutSecrets(record.url)): \(error)")
                }
            }
            return .ok("\(others.count) stores")
        },
    ]

    private static let directory: [DoctorCheck<DoctorSubject>] = [
        DoctorCheck(
            "storage.owner", asks: "the owners and permissions of the store's directories",
            expects: "one owner, who may read and write all of them",
            mend: "chown -R --reference=STORE STORE && chmod -R u+rwX STORE; `coffer check` also examines the files.",
            needs: ["storage.open"]
        ) { subject in
            guard let root = try subject.directory() else { return .noDirectory }
            let owner = try FileSystem.status(root).fileOwner
            let names = try ["."] + FileSystem.list(root).filter { isOwnDirectory($0) }.sorted()
            let wrong = try names.filter { name in
                guard let status = try FileSystem.statusIfPresent("\(root)/\(name)") else { return false }
                return !status.permits(owner, [.read, .write, .search])
            }
            if !wrong.isEmpty {
                let some = wrong.prefix(3).joined(separator: ", ")
                return .error("\(owner.userName) owns \(root), but cannot use \(some)")
            }
            return .ok(owner.userName)
        },
        DoctorCheck(
            "storage.private", asks: "the permissions of the store's directory",
            expects: "other users cannot enter it, as it has everybody's files", mend: "chmod o-rwx STORE",
            needs: ["storage.open"]
        ) { subject in
            guard let root = try subject.directory() else { return .noDirectory }
            let mode = try FileSystem.status(root).mode
            return mode & 0o007 == 0 ? .ok(octal(mode)) : .warning("mode \(octal(mode))")
        },
        DoctorCheck(
            "storage.hand-off", asks: "the file systems of stage/, incoming/ and the blobs",
            expects: "the same one, so that a finished upload is linked and not copied",
            mend: "Mount one file system at STORE, and nothing below it.", needs: ["storage.open"]
        ) { subject in
            guard let root = try subject.directory() else { return .noDirectory }
            let device = try FileSystem.status(root).device
            let others = try FileSystem.list(root).filter { isOwnDirectory($0) }.sorted().filter { name in
                try FileSystem.statusIfPresent("\(root)/\(name)").map { $0.device != device } ?? false
            }
            return others.isEmpty ? .ok("the same") : .error("\(others.joined(separator: ", ")) is on another one")
        },
        DoctorCheck(
            "storage.space", asks: "the free space of the store's file system",
            expects: "a tenth or 20 GiB; less than 1 % or 64 MiB is an error",
            mend: "Enlarge the file system, move the store (`coffer storage copy`), or run `coffer gc`.",
            needs: ["storage.open"]
        ) { subject in
            guard let root = try subject.directory() else { return .noDirectory }
            let room = try FileSystem.room(root)
            let came = "\(room.freeBytes >> 20) of \(room.bytes >> 20) MiB"
            if room.freeBytes < 64 << 20 || room.freeBytes < room.bytes / 100 { return .error(came) }
            return room.freeBytes < min(20 << 30, room.bytes / 10) ? .warning(came) : .ok(came)
        },
        DoctorCheck(
            "storage.inodes", asks: "how many files the store's file system can still have",
            expects: "a twentieth of all; fewer than 1,000 is an error",
            mend: "Move the store to a file system with more inodes.", needs: ["storage.open"]
        ) { subject in
            guard let root = try subject.directory() else { return .noDirectory }
            let room = try FileSystem.room(root)
            if room.files == 0 { return .ok("no limit") }
            let came = "\(room.freeFiles) of \(room.files)"
            if room.freeFiles < 1000 { return .error(came) }
            return room.freeFiles < room.files / 20 ? .warning(came) : .ok(came)
        },
        DoctorCheck(
            "storage.remains", asks: "remains of interrupted uploads that are older than a day",
            expects: "none, as workers and `coffer gc` remove them",
            mend: "Run `coffer gc`, and see runs.gc.", needs: ["storage.open"]
        ) { subject in
            guard let root = try subject.directory() else { return .noDirectory }
            let limit = Clock.realtimeSeconds() - 86_400
            var old = 0
            for directory in ["stage", "incoming"] {
                // A name with a plus sign is a resumable upload, which may take days.
                for name in try FileSystem.list("\(root)/\(directory)", atMost: 10_000) where !name.hasPrefix("+") {
                    let status = try FileSystem.statusIfPresent("\(root)/\(directory)/\(name)", followingLinks: false)
                    if let status, status.modified < limit { old += 1 }
                }
            }
            return old == 0 ? .ok("none") : .warning("\(old) files")
        },
        DoctorCheck(
            "storage.writable", asks: "a file that is written, synchronised, read and removed",
            expects: "the same bytes, and a sample of the blobs can be read",
            mend: "The message names the failed call. `coffer check` examines all blobs.",
            needs: ["storage.mark", "storage.owner", "storage.hand-off", "storage.space", "storage.inodes"]
        ) { subject in
            guard let root = try subject.directory() else { return .noDirectory }
            let owner = try FileSystem.status(root).fileOwner
            guard Process.isRoot || owner.user == FileOwner.current.user else {
                return .elsewhere(
                    "the store belongs to \(owner.userName)", command: "runuser -u \(owner.userName) -- coffer doctor")
            }
            try subject.store().probe()
            return .ok("the same bytes")
        },
    ]

    private static func records(_ subject: DoctorSubject) throws -> [StoreRecord] {
        try StoreRecord.all(subject.owner(), configuredURL: subject.configuration().storageURL)
    }

    /// The database's record of the configured store. nil if it has none.
    private static func record(_ subject: DoctorSubject) throws -> StoreRecord? {
        let url = try subject.configuration().storageURL
        return try records(subject).first { $0.url == url }
    }

    /// Whether a name in the store's root is a directory of Coffer's.
    private static func isOwnDirectory(_ name: String) -> Bool {
        ["stage", "incoming"].contains(name)
            || name.utf8.count == 2 && name.allSatisfy { $0.isHexDigit && !$0.isUppercase }
    }
}
