import Testing

@testable import CofferCore

struct ObservationTests {
    @Test(arguments: [
        (Observation.served(status: 200, microseconds: 512), "level=debug event=served status=200 microseconds=512"),
        (.refused(code: "KF002", status: 400), "level=info event=refused code=KF002 status=400"),
        (.refused(code: "KF007", status: 507), "level=error event=refused code=KF007 status=507"),
        (.clientGone, "level=debug event=client_gone"),
        (
            .databaseFailed("no \"route\"\nto host"),
            #"level=error event=database_failed message="no \"route\"\nto host""#
        ),
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
