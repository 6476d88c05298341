/// An invalid value or line. The message has the option, the problem and the origin, but never a secret value.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The option's name. nil for a line of the file without a name.
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
