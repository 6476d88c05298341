// Whom files belong to, and making files in somebody's name.

internal import CSystem
internal import Glibc

/// A user and a group, by their numbers.
public struct FileOwner: Equatable, Sendable {
    public let user: UInt32
    public let group: UInt32

    public init(user: UInt32, group: UInt32) {
        (self.user, self.group) = (user, group)
    }

    /// Whom this process makes files for. The corresponding C functions are `geteuid` and `getegid`.
    public static var current: FileOwner { FileOwner(user: geteuid(), group: getegid()) }

    public var isRoot: Bool { user == 0 }

    /// The user's name, or the number where the system knows none. The corresponding C function is `getpwuid`.
    public var userName: String {
        guard let entry = unsafe getpwuid(user), let name = unsafe entry.pointee.pw_name else { return "\(user)" }
        return unsafe String(cString: name)
    }

    /// Lets root do `body` with the rights of this user and group towards files, in this thread alone: what it makes
    /// is theirs from the first moment.
    ///
    /// The corresponding C functions are `setfsuid` and `setfsgid`. EPERM where this process may not change its user.
    public func perform<Value: ~Copyable>(_ body: () throws(SystemError) -> Value) throws(SystemError) -> Value {
        let (oldUser, oldGroup) = (geteuid(), getegid())
        setfsgid(group)
        setfsuid(user)
        defer {
            setfsuid(oldUser)
            setfsgid(oldGroup)
        }
        // They report no failure; an impossible number changes nothing and shows what is set.
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
        /// To find, make and remove names in a folder.
        public static let search = Access(rawValue: 1)
    }

    public var fileOwner: FileOwner { FileOwner(user: owner, group: group) }

    /// Whether the mode grants somebody all of an access. Other groups of theirs, and access control lists, are not known.
    public func permits(_ someone: FileOwner, _ access: Access) -> Bool {
        let shift: UInt32 = owner == someone.user ? 6 : group == someone.group ? 3 : 0
        return Access(rawValue: mode >> shift).isSuperset(of: access)
    }
}
