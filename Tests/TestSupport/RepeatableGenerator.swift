/// Random values that are the same in every run (SplitMix64), so that a failure can be repeated.
public struct RepeatableGenerator: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Up to `length` characters of which many mean something to some parser.
    public mutating func text(length: Int) -> String {
        let alphabet = Array("abz09 .,:;()[]{}\"'\\/%+*&=#?!-_~$\u{0}\n\u{7F}éß日🗝e\u{301}")
        return String(
            (0..<Int.random(in: 0...length, using: &self)).map { _ in alphabet.randomElement(using: &self) ?? "a" })
    }

    public mutating func bytes(length: Int) -> [UInt8] {
        (0..<Int.random(in: 0...length, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}
