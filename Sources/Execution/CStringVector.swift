import Glibc

/// A NULL-terminated array of C strings, as exec(3) wants them, in one piece of memory.
struct CStringVector: ~Copyable {
    /// Valid as long as this is.
    let pointers: UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>
    private let bytes: UnsafeMutableBufferPointer<CChar>

    /// Each text ends at its first NUL, if it has one; `TaskWorld`'s come from YAML, which has
    /// none.
    init(_ texts: [String]) {
        var size = 0
        for text in texts { size += text.utf8.count + 1 }
        pointers = .allocate(capacity: texts.count + 1)
        bytes = .allocate(capacity: max(size, 1))
        bytes.initialize(repeating: 0)
        var offset = 0
        for (index, text) in texts.enumerated() {
            pointers.initializeElement(at: index, to: bytes.baseAddress.map { $0 + offset })
            for byte in text.utf8 {
                bytes[offset] = CChar(bitPattern: byte)
                offset += 1
            }
            offset += 1
        }
        pointers.initializeElement(at: texts.count, to: nil)
    }

    deinit {
        pointers.deallocate()
        bytes.deallocate()
    }
}
