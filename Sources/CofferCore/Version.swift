/// The version of Coffer, by https://semver.org.
public let version = "0.2.0"
