// What a command prints as a line for people, or as JSON for programs.

protocol Reported {
    var line: String { get }
    /// One JSON object on one line.
    var json: String { get }
}
