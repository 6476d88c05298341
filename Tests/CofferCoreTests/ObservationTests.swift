import Testing

@testable import CofferCore

struct ObservationTests {
    @Test(arguments: [
        (
            Observation.served(
                Served(
                    method: .get, route: .upload, userID: "0a1b", status: 200, bytes: 1_000_000,
                    time: Served.Time(total: 12_345, database: 512, storage: 1_000))),
            "level=info event=served user_id=0a1b method=GET route=/uploads/{id} status=200 bytes=1000000 "
                + "database_ms=0.512 storage_ms=1.000 total_ms=12.345"
        ),
        (
            .served(Served(status: 404, bytes: nil, time: Served.Time(total: 0, database: 0, storage: 0))),
            "level=info event=served user_id=- method=- route=- status=404 bytes=- "
                + "database_ms=0.000 storage_ms=0.000 total_ms=0.000"
        ),
        (.refused(code: "KF002", status: 400), "level=info event=refused code=KF002 status=400"),
        (.refused(code: "KF007", status: 507), "level=error event=refused code=KF007 status=507"),
        (.clientGone, "level=debug event=client_gone"),
        (
            .databaseFailed("no \"route\"\nto host"),
            #"level=error event=database_failed message="no \"route\"\nto host""#
        ),
        (.connectionReplaced("closed"), #"level=info event=connection_replaced message="closed""#),
        (.storageFailed("full"), #"level=error event=storage_failed message="full""#),
        (.clockDiffers(seconds: -60), "level=error event=clock_differs seconds=-60 allowed=30"),
        (.clockDiffers(seconds: 20), "level=warning event=clock_differs seconds=20 allowed=30"),
        (.webServerDiffers("x"), #"level=error event=web_server_differs message="x""#),
        (.blobLeftBehind("ab"), "level=warning event=blob_left_behind blob=ab"),
    ])
    func `each observation is one line of keys and values`(observation: Observation, line: String) {
        #expect(observation.line(requestID: nil) == line)
    }

    @Test func `the request's id follows the level`() {
        #expect(Observation.clientGone.line(requestID: "4f2a") == "level=debug request_id=4f2a event=client_gone")
    }
}
