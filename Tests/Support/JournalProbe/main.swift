// What SystemdTests run in the box: journald is there, and the tests themselves are not.
//
//   write TASK COUNT       entries with numbered lines
//   large TASK BYTES       one entry with every byte value in it, read back and compared
//   read TASK, back TASK   the lines, forwards or backwards
//   resume TASK            half of the lines, and the other half by the cursor of the last
//   follow TASK COUNT      says so when it listens, then the lines that come
//   notify TASK BYTES      tells systemd a status of so many bytes and that it is ready, and stays
import Glibc
import Systemd

let words = CommandLine.arguments
precondition(words.count >= 3, "a verb and a task are needed")
let task = words[2]
let count = words.count > 3 ? Int(words[3]) ?? 0 : 0

/// 0 for an event, which has none.
func line(_ reader: JournalReader) throws -> Int {
    Int(try reader.text(of: "FLOWER_LINE") ?? "") ?? 0
}

func write() throws {
    let journal = try Journal()
    for number in 1...count {
        try journal.write([
            JournalField("MESSAGE", "line \(number) of \(task)\nand more"),
            JournalField("FLOWER_TASK", task), JournalField("FLOWER_LINE", number),
        ])
    }
}

func large() throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    try Journal().write([JournalField("MESSAGE", bytes), JournalField("FLOWER_TASK", task)])
    let reader = try JournalReader()
    try reader.match("FLOWER_TASK", task)
    var isThere = try reader.next()
    // journald takes its time; the test has a limit of its own.
    while !isThere {
        _ = try reader.wait(limit: .seconds(1))
        isThere = try reader.next()
    }
    print("same=\(try reader.value(of: "MESSAGE") == bytes)")
    let fields = try reader.fields()
    print("fields=\(fields.first { $0.name == "MESSAGE" }?.value.count ?? 0)")
    print("none=\(try reader.value(of: "NO_SUCH_FIELD") == nil)")
}

func read(backwards: Bool) throws {
    let reader = try JournalReader()
    try reader.match("FLOWER_TASK", task)
    if backwards { try reader.seekTail() } else { try reader.seekHead() }
    while try backwards ? reader.previous() : reader.next() {
        let number = try line(reader)
        if number > 0 { print(number) }
    }
}

func resume() throws {
    let first = try JournalReader()
    try first.match("FLOWER_TASK", task)
    var lines: [Int] = []
    while lines.count < count / 2, try first.next() { lines.append(try line(first)) }
    let (cursor, time) = (try first.cursor(), try first.microseconds())
    let second = try JournalReader()
    try second.match("FLOWER_TASK", task)
    try second.seek(toCursor: cursor)
    // The entry of the cursor itself comes first.
    while try second.next() { lines.append(try line(second)) }
    print("lines=\(lines.count) sum=\(lines.reduce(0, +))")
    try second.seek(toMicroseconds: time)
    print("again=\(try second.next() ? try line(second) <= count / 2 : false)")
    second.matchAll()
    try second.match("FLOWER_LINE", "1")
    try second.matchAnd()
    try second.match("FLOWER_TASK", task)
    try second.matchOr()
    try second.match("FLOWER_LINE", "2")
    try second.seekHead()
    var found = 0
    while try second.next() { found += 1 }
    print("found=\(found)")
}

func follow() throws {
    let reader = try JournalReader()
    try reader.seekTail()
    _ = try reader.previous()
    try reader.match("FLOWER_TASK", task)
    print("listening")
    var left = count
    while left > 0 {
        while try reader.next() {
            print(try line(reader))
            left -= 1
        }
        if left > 0 { _ = try reader.wait(limit: .seconds(5)) }
    }
}

func notify() {
    let notifier = Notifier.take()
    notifier?.status(String(repeating: "x", count: count))
    notifier?.ready()
    while true { pause() }
}

do {
    switch words[1] {
    case "write": try write()
    case "large": try large()
    case "read": try read(backwards: false)
    case "back": try read(backwards: true)
    case "resume": try resume()
    case "follow": try follow()
    case "notify": notify()
    default: preconditionFailure("no such verb: \(words[1])")
    }
} catch {
    print(error)
    exit(1)
}
