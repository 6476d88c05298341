// Random bytes for names and keys.

internal import COpenSSL

/// Unpredictable bytes: `RAND_bytes`.
///
/// - Throws: if the generator cannot be seeded.
public func randomBytes(_ count: Int) throws(CryptographyError) -> [UInt8] {
    var isFilled: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
        isFilled = unsafe RAND_bytes(bytes.baseAddress, Int32(count))
        filled = count
    }
    guard isFilled == 1 else { throw CryptographyError("RAND_bytes") }
    return bytes
}
