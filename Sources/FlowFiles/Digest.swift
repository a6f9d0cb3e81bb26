/// FNV-1a, 64 bits (draft-eastlake-fnv): tells whether a text changed. No guard against someone who
/// wants two texts to look the same: whoever may write flow files may run anything anyway.
enum Digest {
    static func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        return hash
    }

    /// As 16 lower-case hexadecimal digits.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(fnv1a(bytes), radix: 16).leftPadded(to: 16)
    }
}
