// All checks, in the order in which they are made. Each comes after those that it needs.

enum DoctorChecks {
    static let all: [DoctorCheck<DoctorSubject>] =
        configuration + database + access + bucket + storage + keys + accounts + runs + socket + pool + site
        + siteRequests + siteAnswers + siteFiles
}
