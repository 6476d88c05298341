/// The version of Coffer (https://semver.org).
public let version = "0.3.0"
