/// The database that this version of the program works with.
public enum Schema {
    /// The number of the newest migration in `sql/migrations`.
    public static let level: Int64 = 23
}
