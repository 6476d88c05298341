// The owner of a file, and creating files for another user.

internal import CSystem
internal import Glibc

/// A user and a group, by number.
public struct FileOwner: Equatable, Sendable {
    public let user: UInt32
    public let group: UInt32

    public init(user: UInt32, group: UInt32) {
        (self.user, self.group) = (user, group)
    }

    /// The owner of files that this process creates. The corresponding C functions are `geteuid` and `getegid`.
    public static var current: FileOwner { FileOwner(user: geteuid(), group: getegid()) }

    public var isRoot: Bool { user == 0 }

    /// The user's name, or the number if the user has no name. The corresponding C function is `getpwuid`.
    public var userName: String {
        guard let entry = unsafe getpwuid(user), let name = unsafe entry.pointee.pw_name else { return "\(user)" }
        return unsafe String(cString: name)
    }

    /// Runs `body` with this user's and group's access to files, so that files belong to them as soon as they exist.
    /// Affects only the calling thread. Requires root.
    ///
    /// The corresponding C functions are `setfsuid` and `setfsgid`. Fails with EPERM if this process may not change its
    /// user.
    public func perform<Value: ~Copyable>(_ body: () throws(SystemError) -> Value) throws(SystemError) -> Value {
        let (oldUser, oldGroup) = (geteuid(), getegid())
        setfsgid(group)
        setfsuid(user)
        defer {
            setfsuid(oldUser)
            setfsgid(oldGroup)
        }
        // setfsuid(2) does not report failure. A call with an invalid number changes nothing and returns the current
        // one.
        guard setfsuid(uid_t.max) == Int32(bitPattern: user), setfsgid(gid_t.max) == Int32(bitPattern: group) else {
            throw SystemError(.setfsuid, EPERM)
        }
        return try body()
    }
}

extension FileStatus {
    public struct Access: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let read = Access(rawValue: 4)
        public static let write = Access(rawValue: 2)
        /// To look up, create and remove names in a directory.
        public static let search = Access(rawValue: 1)
    }

    public var fileOwner: FileOwner { FileOwner(user: owner, group: group) }

    /// Whether the permission bits grant this access to a user. Ignores supplementary groups and access control lists.
    public func permits(_ other: FileOwner, _ access: Access) -> Bool {
        let shift: UInt32 = owner == other.user ? 6 : group == other.group ? 3 : 0
        return Access(rawValue: mode >> shift).isSuperset(of: access)
    }
}
