// Files and directories of a local store that the workers cannot use.

internal import BlobStore
internal import CofferCore
internal import Storage

struct AccessProblem: Reported {
    private let store: Int64
    private let parts: InaccessibleParts

    /// nil if the owner of the store's directory can use all of it, and for a store that is not on this host.
    init?(_ record: StoreRecord, _ store: any BlobStore) throws(BlobStoreError) {
        guard let owned = store as? any OwnedBlobStore else { return nil }
        parts = try owned.inaccessible()
        if parts.isEmpty { return nil }
        self.store = record.id
    }

    var line: String { "inaccessible store \(store): \(text)" }

    var json: String {
        #"{"problem":"inaccessible","store":\#(store),"files":\#(parts.files),"folders":\#(parts.directories),"#
            + #""text":\#(JSON.quoted(text)),"repaired":false}"#
    }

    private var text: String {
        "\(parts.files) files and \(parts.directories) directories cannot be used by \(parts.ownerName), "
            + "who runs the workers; chown -R --reference=\(parts.path) \(parts.path) && chmod -R u+rwX \(parts.path)"
    }
}
