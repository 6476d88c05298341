/// What a logged-in user is.
public enum Role: String, Sendable, CaseIterable {
    case editor, admin
}
