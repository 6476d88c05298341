import Testing

@testable import CofferCore

@Suite struct ConfigurationSecretsTests {
    @Test(arguments: [
        (
            "postgresql://coffer:secret@db:5432/coffer?sslmode=require",
            "postgresql://coffer:***@db:5432/coffer?sslmode=require"
        ),
        ("postgresql://coffer@db/coffer", "postgresql://coffer@db/coffer"),
        ("postgresql:///coffer?user=a&password=secret&host=/run", "postgresql:///coffer?user=a&password=***&host=/run"),
        ("postgresql:///coffer?pass%77ord=secret", "postgresql:///coffer?pass%77ord=***"),
        ("postgresql://a:se/cr@et@db/coffer", "postgresql://a:***@db/coffer"),
        ("host=db password=secret user=a", "host=db password=*** user=a"),
        ("host=db password = 'se cr\\'et' user=a", "host=db password = *** user=a"),
        ("password=se\\ cret sslpassword=x", "password=*** sslpassword=***"),
        ("host=db PASSWORD=a options=x://y", "host=db PASSWORD=*** options=x://y"),
        ("file:///var/lib/coffer/blobs", "file:///var/lib/coffer/blobs"),
    ])
    func `passwords are hidden in URIs and in keyword form`(text: String, expected: String) {
        #expect(withoutSecrets(text) == expected)
    }
}
