import Testing

@testable import CofferService

struct HealthTests {
    @Test func `a process is live without database and store`() throws {
        let answer = try Service(withoutDatabase: nil).answer("GET", "/health/live")
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == "application/json; charset=utf-8")
        #expect(answer["Cache-Control"] == "no-store")
        #expect(answer.text == #"{"status":"live"}"#)
    }

    @Test func `the parts that are unavailable are listed without details`() throws {
        let answer = try Service(withoutDatabase: nil).answer("GET", "/health/ready")
        #expect(answer.status == 503)
        #expect(answer["Retry-After"] == "5")
        #expect(
            answer.text
                == #"{"code":"KF025","details":"Failed: database, storage","hint":null,"message":"The service is not ready"}"#
        )
    }

    @Test func `an available store is not listed`() throws {
        let store = try TestStore()
        let answer = try Service(withoutDatabase: store).answer("GET", "/health/ready")
        withExtendedLifetime(store) {}
        #expect(answer.status == 503)
        #expect(
            answer.text
                == #"{"code":"KF025","details":"Failed: database","hint":null,"message":"The service is not ready"}"#)
    }

    @Test func `with database and store the service is ready`() throws {
        let installation = try TestInstallation()
        let answer = try installation.service.answer("GET", "/health/ready")
        #expect(answer.status == 200)
        #expect(answer.text == #"{"status":"ready"}"#)
    }

    @Test func `an unavailable store is noticed, and so is its return`() throws {
        let installation = try TestInstallation()
        #expect(try installation.service.answer("GET", "/health/ready").status == 200)
        try installation.moveStore(away: true)
        let answer = try installation.service.answer("GET", "/health/ready")
        #expect(
            answer.text
                == #"{"code":"KF025","details":"Failed: storage","hint":null,"message":"The service is not ready"}"#)
        try installation.moveStore(away: false)
        #expect(try installation.service.answer("GET", "/health/ready").status == 200)
    }

    @Test func `a database that refuses the worker is noticed, and so is its return`() throws {
        let installation = try TestInstallation()
        #expect(try installation.service.answer("GET", "/health/ready").status == 200)
        try installation.refuseWorker(true)
        let answer = try installation.service.answer("GET", "/health/ready")
        #expect(
            answer.text
                == #"{"code":"KF025","details":"Failed: database","hint":null,"message":"The service is not ready"}"#)
        try installation.refuseWorker(false)
        #expect(try installation.service.answer("GET", "/health/ready").status == 200)
    }
}
