import Glibc
import TestSupport
import Testing

/// A Python with the requirements of `Tests/Support/oracle`.
struct Oracle {
    let python: String
    let folder: String

    /// Nil where there is none, said in one line.
    static func find(_ what: String) -> Oracle? {
        let file = #filePath
        let tests = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let python = getenv("FLOWER_ORACLE_PYTHON").map { String(cString: $0) } ?? ""
        if access(python, X_OK) == 0 {
            return Oracle(python: python, folder: "/\(tests)/Support/oracle")
        }
        print("!!! \(what): CANNOT RUN, no Python in FLOWER_ORACLE_PYTHON (make test) !!!")
        let required = getenv("FLOWER_REQUIRE").map { String(cString: $0) } ?? ""
        if required.split(separator: ",").contains("oracle") {
            Issue.record("\(what): FLOWER_REQUIRE names oracle, and there is none")
        }
        return nil
    }

    /// Runs a script with `input` as its standard input; its output, and whether it exited 0.
    func run(_ arguments: String, input: String) throws -> (output: String, isFine: Bool) {
        let temporary = try TemporaryFolder()
        // It goes with its last use, which is the program's.
        defer { withExtendedLifetime(temporary) {} }
        let name = "\(temporary.path)/input"
        let file = try #require(fopen(name, "w"))
        fputs(input, file)
        fclose(file)
        let command = "'\(python)' '\(folder)/'\(arguments) < '\(name)'"
        let pipe = try #require(popen(command, "r"))
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 {
            output += buffer[..<count]
        }
        return (String(decoding: output, as: UTF8.self), pclose(pipe) == 0)
    }
}
