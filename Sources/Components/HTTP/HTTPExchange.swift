import CCurl
import Flows
import Glibc
import Synchronization

/// One request under way, and what has come of its answer. Everything but `cancel` and `end` is for the client's
/// thread.
final class HTTPExchange: @unchecked Sendable {
    private let request: HTTPRequest
    private let ending = Mutex(Ending())

    private struct Ending {
        var tell: (@Sendable (Result<HTTPAnswer, HTTPFault>) -> Void)?
        var isCancelled = false
    }

    /// libcurl's handle, from `start` to `finish`.
    private(set) var easy: UnsafeMutableRawPointer?
    private var headerList: OpaquePointer?
    private var body: UnsafeMutableRawPointer?
    private var complaint: UnsafeMutablePointer<CChar>?
    private var answer = HTTPAnswer()
    private var file: AnswerFile?
    /// Why no more of the answer is taken; with `enough` it is good as it is.
    private var stop: Stop?

    private enum Stop {
        case enough
        case fault(String)
    }

    init(_ request: HTTPRequest) { self.request = request }

    func whenEnded(_ tell: @escaping @Sendable (Result<HTTPAnswer, HTTPFault>) -> Void) {
        ending.withLock { $0.tell = tell }
    }

    /// From any thread; the client's then ends it.
    func cancel() { ending.withLock { $0.isCancelled = true } }

    private var isCancelled: Bool { ending.withLock { $0.isCancelled } }

    /// Once; from any thread.
    func end(_ result: Result<HTTPAnswer, HTTPFault>) {
        let tell = ending.withLock { ending in
            defer { ending.tell = nil }
            return ending.tell
        }
        tell?(result)
    }

    // MARK: - The client's thread

    /// The handle with all that libcurl is to know; `nil` where it has ended instead.
    func start(_ curl: UnsafePointer<ccurl>) -> UnsafeMutableRawPointer? {
        guard !isCancelled else {
            end(.failure(.cancelled))
            return nil
        }
        guard let easy = curl.pointee.easy_init() else {
            end(.failure(.failed("there is no memory left for it")))
            return nil
        }
        self.easy = easy
        do throws(HTTPFailure) {
            try setUp(Setting(curl: curl, easy: easy))
            return easy
        } catch {
            release(curl)
            end(.failure(.failed(error.description)))
            return nil
        }
    }

    /// Once libcurl has let go of the handle.
    ///
    /// - Parameter code: a CURLcode.
    func finish(_ curl: UnsafePointer<ccurl>, code: Int) {
        let complaint = complaint.map { String(cString: $0) } ?? ""
        release(curl)
        if isCancelled { return end(.failure(.cancelled)) }
        switch (stop, code) {
        case (.fault(let reason), _): end(.failure(.failed(reason)))
        case (.enough, _), (nil, 0):
            do throws(HTTPFailure) {
                if answer.status < 400, let path = request.file {
                    // An answer without a body makes an empty one.
                    if file == nil { file = try AnswerFile(path.text) }
                    answer.fileBytes = try file?.keep() ?? 0
                }
                end(.success(answer))
            } catch {
                end(.failure(.failed(error.description)))
            }
        case (nil, CCURL_E_OPERATION_TIMEDOUT): end(.failure(.late))
        default:
            let words = String(cString: curl.pointee.easy_strerror(Int32(code)))
            end(.failure(.failed(complaint.isEmpty ? words : complaint)))
        }
    }

    private func release(_ curl: UnsafePointer<ccurl>) {
        if let easy { curl.pointee.easy_cleanup(easy) }
        curl.pointee.slist_free_all(headerList)
        if let body { ccurl_close_file(body) }
        complaint?.deallocate()
        (easy, headerList, body, complaint) = (nil, nil, nil, nil)
    }

    // MARK: - The request

    /// curl_easy_setopt(3).
    private struct Setting {
        let curl: UnsafePointer<ccurl>
        let easy: UnsafeMutableRawPointer

        func number(_ option: Int, _ value: Int) throws(HTTPFailure) {
            try require(ccurl_set_number(curl, easy, Int32(option), value))
        }

        func size(_ option: Int, _ value: Int64) throws(HTTPFailure) {
            try require(ccurl_set_size(curl, easy, Int32(option), value))
        }

        func text(_ option: Int, _ value: String) throws(HTTPFailure) {
            try require(ccurl_set_text(curl, easy, Int32(option), value))
        }

        func pointer(_ option: Int, _ value: UnsafeMutableRawPointer?) throws(HTTPFailure) {
            try require(ccurl_set_pointer(curl, easy, Int32(option), value))
        }

        func taker(_ option: Int, _ taker: @escaping ccurl_taker) throws(HTTPFailure) {
            try require(ccurl_set_taker(curl, easy, Int32(option), taker))
        }

        private func require(_ code: Int32) throws(HTTPFailure) {
            guard code != 0 else { return }
            throw HTTPFailure(String(cString: curl.pointee.easy_strerror(code)))
        }
    }

    private func setUp(_ setting: Setting) throws(HTTPFailure) {
        let this = Unmanaged.passUnretained(self).toOpaque()
        let complaint = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CCURL_ERROR_BYTES))
        complaint.pointee = 0
        self.complaint = complaint
        try setting.pointer(CCURL_OPT_ERRORBUFFER, complaint)
        // Its alarms would interrupt the runner.
        try setting.number(CCURL_OPT_NOSIGNAL, 1)
        try setting.number(CCURL_OPT_PROTOCOLS, CCURL_HTTP_AND_HTTPS)
        try setting.number(CCURL_OPT_REDIR_PROTOCOLS, CCURL_HTTP_AND_HTTPS)
        try setting.number(CCURL_OPT_FOLLOWLOCATION, 1)
        try setting.number(CCURL_OPT_MAXREDIRS, Self.redirects)
        let milliseconds = Int(min(max(request.limit.value.milliseconds, 1), Int64(Int32.max)))
        try setting.number(CCURL_OPT_TIMEOUT_MS, milliseconds)
        try setting.number(CCURL_OPT_CONNECTTIMEOUT_MS, milliseconds)
        // Whatever the library can unpack.
        try setting.text(CCURL_OPT_ACCEPT_ENCODING, "")
        try setting.text(CCURL_OPT_URL, request.url.target)
        if let path = request.url.socketPath { try setting.text(CCURL_OPT_UNIX_SOCKET_PATH, path) }
        if let file = request.caFile { try setting.text(CCURL_OPT_CAINFO, file.text) }
        try setHeaders(setting)
        try setBody(setting)
        try setting.taker(CCURL_OPT_HEADERFUNCTION) { bytes, _, count, context in
            HTTPExchange.from(context).takeHeader(
                UnsafeRawBufferPointer(start: bytes, count: count)
            )
            return count
        }
        try setting.pointer(CCURL_OPT_HEADERDATA, this)
        try setting.taker(CCURL_OPT_WRITEFUNCTION) { bytes, _, count, context in
            let bytes = UnsafeRawBufferPointer(start: bytes, count: count)
            return HTTPExchange.from(context).takeBody(bytes) ? count : 0
        }
        try setting.pointer(CCURL_OPT_WRITEDATA, this)
    }

    /// A server that sends in a circle is not asked for ever.
    private static let redirects = 5

    private func setHeaders(_ setting: Setting) throws(HTTPFailure) {
        for line in request.headerLines {
            guard let list = setting.curl.pointee.slist_append(headerList, line) else {
                throw HTTPFailure("there is no memory left for it")
            }
            headerList = list
        }
        try setting.pointer(CCURL_OPT_HTTPHEADER, headerList.map { UnsafeMutableRawPointer($0) })
    }

    /// What libcurl calls a request's kind follows of the options for its body; a method of another name is set last.
    private func setBody(_ setting: Setting) throws(HTTPFailure) {
        var kind = "GET"
        if case .file(let path) = request.body {
            var size: Int64 = 0
            guard let file = ccurl_open_file(path.text, &size) else {
                throw HTTPFailure("body_file \(path.text): \(Self.words(errno))")
            }
            body = file
            try setting.pointer(CCURL_OPT_READDATA, file)
            kind = request.method == "POST" ? "POST" : "PUT"
            try setting.number(kind == "POST" ? CCURL_OPT_POST : CCURL_OPT_UPLOAD, 1)
            try setting.size(
                kind == "POST" ? CCURL_OPT_POSTFIELDSIZE_LARGE : CCURL_OPT_INFILESIZE_LARGE,
                size
            )
        } else if let bytes = request.bytes {
            kind = "POST"
            try setting.size(CCURL_OPT_POSTFIELDSIZE_LARGE, Int64(bytes.count))
            // Not to be without an address where there are none.
            var copied = bytes + [0]
            try copied.withUnsafeMutableBufferPointer { bytes throws(HTTPFailure) in
                try setting.pointer(CCURL_OPT_COPYPOSTFIELDS, bytes.baseAddress)
            }
        } else if request.method == "POST" {
            kind = "POST"
            try setting.size(CCURL_OPT_POSTFIELDSIZE_LARGE, 0)
            try setting.text(CCURL_OPT_COPYPOSTFIELDS, "")
        } else if request.method == "HEAD" {
            kind = "HEAD"
            try setting.number(CCURL_OPT_NOBODY, 1)
        }
        if request.method != kind { try setting.text(CCURL_OPT_CUSTOMREQUEST, request.method) }
    }

    static func words(_ code: Int32) -> String {
        code == EINVAL ? "it is not a regular file" : String(cString: strerror(code))
    }

    // MARK: - The answer

    private static func from(_ context: UnsafeMutableRawPointer?) -> HTTPExchange {
        guard let context else { preconditionFailure("libcurl gives back what it was given") }
        return Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
    }

    /// A line of the header; of several answers, as redirects are, the last one counts.
    private func takeHeader(_ bytes: UnsafeRawBufferPointer) {
        let line = Self.trimmed(bytes[...])
        if line.starts(with: "HTTP/".utf8) {
            let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
            answer = HTTPAnswer()
            answer.status =
                words.count > 1 ? Int(String(decoding: words[1], as: UTF8.self)) ?? 0 : 0
            answer.reason =
                words.count > 2 ? String(decoding: Self.trimmed(words[2]), as: UTF8.self) : ""
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let value = Self.trimmed(line[(colon + 1)...])
            let name = String(decoding: line[..<colon], as: UTF8.self)
            answer.headers.append((name: name, value: String(decoding: value, as: UTF8.self)))
        }
    }

    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Slice<
        UnsafeRawBufferPointer
    > {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 9 || byte == 10 || byte == 13 }
        let rest = bytes.drop(while: isBlank)
        return rest.lastIndex { !isBlank($0) }.map { rest[...$0] } ?? rest.prefix(0)
    }

    /// - Returns: whether more is wanted.
    private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let isFile = answer.status < 400 && request.file != nil
        if isFile, !write(bytes) { return false }
        let isWhole = answer.status < 400 && request.isWhole
        let limit = isWhole ? HTTPRequest.wholeBytes : HTTPRequest.excerptBytes
        answer.body += bytes.prefix(limit - answer.body.count)
        if isWhole, answer.body.count == limit {
            stop = .fault(
                "the answer has more than \(limit >> 20) MiB: no outputs are taken of it; save it"
            )
        } else if !isFile, answer.body.count == limit {
            stop = .enough
        }
        return stop == nil
    }

    private func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        do throws(HTTPFailure) {
            if file == nil, let path = request.file { file = try AnswerFile(path.text) }
            try file?.write(bytes)
            return true
        } catch {
            stop = .fault(error.description)
            return false
        }
    }
}
