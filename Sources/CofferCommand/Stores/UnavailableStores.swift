// The stores that a command skips.

internal import BlobStore
internal import CofferCore
internal import POSIX

/// Stores that a command could not use while it continued with the others. Each is reported once, on standard error.
final class UnavailableStores {
    private var ids: Set<Int64> = []

    var isEmpty: Bool { ids.isEmpty }

    /// - Parameter consequence: a sentence about what the command does not do.
    func add(_ id: Int64, _ url: String, _ error: BlobStoreError, _ consequence: String) {
        guard ids.insert(id).inserted else { return }
        StandardError.write(
            line: "coffer: store \(id) is unavailable, \(withoutSecrets(url)): \(error) \(consequence)", .error)
    }
}
