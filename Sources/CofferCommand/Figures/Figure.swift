// A figure as `coffer stats` prints it.

internal import CofferCore
internal import Monitoring

struct Figure: Equatable {
    /// The name of the metric.
    let name: String
    let labels: [Metric.Label]
    /// A decimal number.
    let value: String

    init(_ name: String, _ labels: [Metric.Label], _ value: String) {
        (self.name, self.labels, self.value) = (name, labels, value)
    }

    static func list(_ metrics: [Metric]) -> [Figure] {
        metrics.flatMap { metric in metric.samples.map { Figure(metric.name, $0.labels, "\($0.value)") } }
    }

    /// The samples of a text that `[Metric].exposition` has made.
    static func list(_ text: String) -> [Figure] {
        text.split(separator: "\n").compactMap { line in
            guard !line.hasPrefix("#"), let blank = line.lastIndex(of: " ") else { return nil }
            let (series, value) = (line[..<blank], String(line[line.index(after: blank)...]))
            guard let brace = series.firstIndex(of: "{") else { return Figure(String(series), [], value) }
            let labels = series[series.index(after: brace)...].dropLast().split(separator: ",")
            return Figure(String(series[..<brace]), labels.compactMap(label), value)
        }
    }

    /// `name="value"`.
    private static func label(_ text: Substring) -> Metric.Label? {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        return Metric.Label(String(text[..<equals]), String(text[equals...].dropFirst(2).dropLast()))
    }

    /// An array of objects, one a line.
    static func json(_ figures: [Figure]) -> String {
        let lines = figures.map { figure in
            let labels = figure.labels.map { "\(JSON.quoted($0.name)):\(JSON.quoted($0.value))" }
            return #"{"name":\#(JSON.quoted(figure.name)),"labels":{\#(labels.joined(separator: ","))},"#
                + #""value":\#(figure.value)}"#
        }
        return "[" + lines.joined(separator: ",\n ") + "]"
    }
}
