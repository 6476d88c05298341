public enum OpenAPI { public static func document(basePath: String, version: String) -> String { "{}" } }
extension MediaType { public static let openAPI = "application/openapi+json" }
