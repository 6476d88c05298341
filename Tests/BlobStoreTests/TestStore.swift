import BlobStore
import Synchronization
import TestSupport
import POSIX

/// A store in a directory of its own, which is removed with the last reference.
final class TestStore {
    let root: String
    let blobs: any BlobStore

    /// - Parameter parent: the directory in which the store's directory is made.
    init(in parent: String = "/tmp") throws {
        root = "\(parent)/coffer-test-\(UInt64.random(in: 0 ... .max))"
        blobs = try openBlobStore("file://\(root)", creating: true)
    }

    deinit { try? TemporaryDirectory.remove(root) }

    /// Files in stage/.
    var stages: [String] { get throws { try FileSystem.list(root + "/stage") } }

    /// Blobs under their final names.
    var published: [String] {
        get throws {
            try FileSystem.list(root).filter { $0.utf8.count == 2 }.flatMap { try FileSystem.list("\(root)/\($0)") }
        }
    }

    /// Stages, writes and publishes a blob, in pieces of at most `step` bytes.
    @discardableResult
    func store(_ bytes: [UInt8], as name: BlobName? = nil, step: Int = .max) throws -> (BlobName, BlobContent) {
        let name = name ?? BlobName.generate()
        let blob = try blobs.stage(as: name, length: nil)
        var offset = 0
        while offset < bytes.count {
            let end = offset + min(step, bytes.count - offset)
            try blob.write(bytes.span.extracting(offset..<end))
            offset = end
        }
        let content = try blob.finish()
        try blob.publish()
        return (name, content)
    }

    func bytes(of name: BlobName) throws -> [UInt8] {
        let reader = try blobs.open(name)
        var buffer = Buffer(capacity: Int(reader.size) + 1)
        try buffer.append { space throws(BlobStoreError) in _ = try reader.read(at: 0, into: &space) }
        return buffer.array
    }

    /// Makes a body file in incoming/, as the web server does.
    func bodyFile(_ bytes: [UInt8], in directory: String? = nil) throws -> String {
        let path = "\(directory ?? root + "/incoming")/\(BlobName.generate())"
        try FileSystem.create(path, mode: 0o600).write(all: bytes.span)
        return path
    }
}

/// Runs `body` with one libc call failing: the one at `position`, counted from 0 over the calls in `calls`. Returns the
/// call that failed, nil when there were not that many.
func failing(
    at position: Int, with number: Int32, of calls: Set<SystemCall> = Set(SystemCall.allCases),
    _ body: () throws -> Void
) rethrows -> SystemCall? {
    let state = Mutex((count: 0, failed: SystemCall?.none))
    try Faults.$inject.withValue(
        { call in
            state.withLock { state in
                guard calls.contains(call) else { return nil }
                defer { state.count += 1 }
                if state.count != position { return nil }
                state.failed = call
                return number
            }
        }, operation: body)
    return state.withLock { $0.failed }
}

func kind(of body: () throws -> Void) -> BlobStoreError.Kind? {
    do {
        try body()
        return nil
    } catch {
        return (error as? BlobStoreError)?.kind
    }
}

/// Bytes that differ by position. A shorter pattern is the beginning of a longer one.
func pattern(_ count: Int) -> [UInt8] {
    let block = (0..<min(count, 65_521)).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
    var bytes: [UInt8] = []
    while bytes.count < count { bytes += block.prefix(count - bytes.count) }
    return bytes
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
