// A metric, and Prometheus' text format.

internal import CofferCore

/// A metric with its samples.
public struct Metric: Equatable, Sendable {
    public enum Kind: String, Sendable { case gauge, counter }

    public enum Value: Equatable, Sendable, CustomStringConvertible {
        case number(Int64)
        case seconds(microseconds: UInt64)

        /// A decimal number.
        public var description: String {
            switch self {
            case .number(let number): return "\(number)"
            case .seconds(let microseconds):
                let (whole, part) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
                return "\(whole).\(String(part + 1_000_000).dropFirst())"
            }
        }
    }

    public struct Label: Equatable, Sendable {
        public let name: String
        /// Without quotes, backslashes and line breaks, which no label of ours has.
        public let value: String

        public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
    }

    public struct Sample: Equatable, Sendable {
        public let labels: [Label]
        public let value: Value

        public init(_ value: Value, _ labels: [Label] = []) { (self.value, self.labels) = (value, labels) }
    }

    public let name: String
    public let kind: Kind
    public let help: String
    public let samples: [Sample]

    init(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        (self.name, self.kind, self.help, self.samples) = (name, kind, help, samples)
    }

    /// A gauge of one number, without samples if the number is unknown.
    static func gauge(_ name: String, _ help: String, _ number: Int64?) -> Metric {
        Metric(name, .gauge, help, number.map { [Sample(.number($0))] } ?? [])
    }
}

extension [Metric] {
    /// The metrics in Prometheus' text format, version 0.0.4. A metric without samples is omitted.
    public var exposition: String {
        filter { !$0.samples.isEmpty }.map { metric in
            "# HELP \(metric.name) \(metric.help)\n# TYPE \(metric.name) \(metric.kind.rawValue)\n"
                + metric.samples.map { "\(metric.name)\($0.labelText) \($0.value)\n" }.joined()
        }.joined()
    }
}

extension Metric.Sample {
    /// The labels as they stand behind the name of the metric: in braces, or nothing.
    public var labelText: String {
        if labels.isEmpty { return "" }
        return "{" + labels.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: ",") + "}"
    }
}
