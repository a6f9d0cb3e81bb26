import Glibc

/// `FLOWER_FUZZ_TARGET` says which parser the bytes are for. Without it the program has nothing to do, and
/// libFuzzer, which has its `main`, takes no other end than a trap for a failure.
private let target: FuzzChecks.Target = {
    let name = getenv("FLOWER_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzChecks.Target(rawValue: name) else {
        fatalError("FLOWER_FUZZ_TARGET is expression, crontab or tzif")
    }
    return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    FuzzChecks.run(target, Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
