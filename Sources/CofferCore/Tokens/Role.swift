/// The role of a user.
public enum Role: String, Sendable, CaseIterable {
    case editor, admin
}
