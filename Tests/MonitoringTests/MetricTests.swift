import CofferCore
import Testing

@testable import Monitoring

@Suite struct MetricTests {
    @Test func `metrics are lines of Prometheus' text format, and one without samples is omitted`() {
        let metrics = [
            Metric.gauge("coffer_files", "Files of all users.", 12),
            .gauge("coffer_absent", "Nothing is known.", nil),
            Metric(
                "coffer_request_seconds_total", .counter, "Time.",
                [
                    .init(
                        .seconds(microseconds: 1_500_000), [.init("route", "/uploads/{id}"), .init("status", "2xx")]),
                    .init(.seconds(microseconds: 7), [.init("route", "/files"), .init("status", "4xx")]),
                ]),
        ]
        #expect(
            metrics.exposition == """
                # HELP coffer_files Files of all users.
                # TYPE coffer_files gauge
                coffer_files 12
                # HELP coffer_request_seconds_total Time.
                # TYPE coffer_request_seconds_total counter
                coffer_request_seconds_total{route="/uploads/{id}",status="2xx"} 1.500000
                coffer_request_seconds_total{route="/files",status="4xx"} 0.000007

                """)
    }

    @Test func `while nothing can be asked, two figures say so, and the others are absent`() {
        #expect(
            [Metric].figures(nil, nil).flatMap { metric in metric.samples.map { "\(metric.name) \($0.value)" } }
                == ["coffer_build_info 1", "coffer_database_up 0", "coffer_storage_up 0"])
    }

    @Test func `no name, help text or label needs an escape`() throws {
        let counters = try PoolCounters(PoolCounters.makeFile())
        for route in Route.allCases { counters.count(route, status: 200, microseconds: 1) }
        for metric in [Metric].figures(nil, nil) + .pool(counters) {
            #expect(!metric.help.contains { "\\\n".contains($0) })
            for label in metric.samples.flatMap(\.labels) {
                #expect(!label.value.contains { "\\\"\n,=".contains($0) })
            }
        }
    }
}
