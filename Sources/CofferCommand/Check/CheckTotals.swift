// What a check found in all stores.

struct CheckTotals: Reported {
    var correct = Amount()
    /// Those that are not repaired, including those that an interrupted check found before.
    var problems: Int
    var repaired = 0
    var unavailableStores = 0

    init(problems: Int) { self.problems = problems }

    var line: String {
        let skipped = unavailableStores > 0 ? ", \(unavailableStores) stores not checked" : ""
        return "\(correct.files) files are correct, \(problems) problems, \(repaired) repaired\(skipped)"
    }

    var json: String {
        let counts =
            #""files":\#(correct.files),"bytes":\#(correct.bytes),"problems":\#(problems),"repaired":\#(repaired)"#
        return #"{\#(counts),"stores_unavailable":\#(unavailableStores)}"#
    }
}
