/// A value that cannot be used. Says which option, what is wrong and where it was set, never a secret value.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The option's name, or nil where a line of the file names none.
    public let option: String?
    public let problem: String
    public let origin: Configuration.Origin

    public init(option: String?, problem: String, origin: Configuration.Origin) {
        self.option = option
        self.problem = problem
        self.origin = origin
    }

    public var description: String {
        (option.map { "\($0): " } ?? "") + problem + " (\(origin))"
    }
}
