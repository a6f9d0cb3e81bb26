// Yams' own parser beneath: Yams (6.2.2) hands out only composed trees, and its composer stops at
// the first repeated key, forgets where an alias stands, and hashes keys with all that an alias in
// them stands for, which takes exponential time. Events have none of that. May become Yams' public
// API once that can go on after a repeated key.
internal import CYaml
import Flows

/// Builds the tree of one YAML document from libyaml's events, within the named limits.
struct YAMLComposer {
    private let findings: Findings
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private var anchors: [String: Built] = [:]
    private var nodeCount = 0
    private var depth = 0

    private struct Built {
        var node: Node
        /// How many nodes it is, aliases written out.
        var size = 1
        /// How many collections stand within each other in it, aliases written out.
        var height = 0
    }

    /// Reading cannot go on; the finding is already made.
    private struct Stop: Error {}

    /// The document's root, or `nil` where the text is no YAML or beyond a limit.
    ///
    /// Repeated keys are found too but the tree is whole.
    static func compose(_ source: SourceText, findings: Findings) -> Node? {
        if let place = directive(in: source) {
            findings.fault(
                "a line that begins with '%' is a YAML directive, which flow files do not use",
                at: place,
                hint: "take the line out, or indent it where it belongs to a text"
            )
            return nil
        }
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else {
            findings.fault("not enough memory to read it", at: nil)
            return nil
        }
        defer { yaml_parser_delete(parser) }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        return source.bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            var composer = YAMLComposer(findings: findings, parser: parser)
            // A stop is reported where it happens; here it only ends the reading.
            return try? composer.document()
        }
    }

    private init(findings: Findings, parser: UnsafeMutablePointer<yaml_parser_t>) {
        self.findings = findings
        self.parser = parser
    }

    private mutating func document() throws(Stop) -> Node? {
        _ = try next()  // the stream's start
        guard try next().kind == .documentStart else {
            findings.fault(
                "the file is empty",
                at: nil,
                hint: "a flow file begins with 'flow: NAME'"
            )
            return nil
        }
        let root = try node(next()).node
        _ = try next()  // the document's end
        let rest = try next()
        if rest.kind == .documentStart {
            findings.fault(
                "a second document begins here",
                at: rest.place,
                hint: "write one flow a file; several files may be given at once"
            )
        }
        return root
    }

    private mutating func node(_ event: Event) throws(Stop) -> Built {
        if event.tag != nil {
            findings.fault(
                "a tag has no meaning in a flow file",
                at: event.place,
                hint: "a text is kept as it is written; one that begins with '!' needs quotes"
            )
        }
        let built: Built
        switch event.kind {
        case .alias(let name): built = try alias(name, event)
        case .scalar(let text, let style):
            if text.utf8.contains(0) {
                findings.fault("a text holds a NUL character", at: event.place)
            }
            try count(1, at: event.place)
            built = Built(
                node: Node(.scalar(text, style), place: event.place, endLine: event.endLine)
            )
        case .sequenceStart, .mappingStart: built = try collection(event)
        case .streamStart, .streamEnd, .documentStart, .documentEnd, .collectionEnd:
            preconditionFailure("libyaml begins no node with \(event.kind)")
        }
        if let anchor = event.anchor { anchors[anchor] = built }
        return built
    }

    private mutating func alias(_ name: String, _ event: Event) throws(Stop) -> Built {
        guard var built = anchors[name] else {
            findings.fault(
                "no anchor '&\(name)' stands above this",
                at: event.place,
                hint: "a text that begins with '*' needs quotes"
            )
            throw Stop()
        }
        try count(built.size, at: event.place)
        try checkNesting(depth + built.height, at: event.place)
        built.node = Node(
            built.node.content,
            place: event.place,
            endLine: event.endLine,
            isAlias: true
        )
        return built
    }

    private mutating func collection(_ start: Event) throws(Stop) -> Built {
        depth += 1
        defer { depth -= 1 }
        try checkNesting(depth, at: start.place)
        try count(1, at: start.place)
        var children: [Node] = []
        var size = 1
        var height = 0
        var event = try next()
        while event.kind != .collectionEnd {
            let child = try node(event)
            children.append(child.node)
            size += child.size
            height = max(height, child.height)
            event = try next()
        }
        let content: Node.Content
        if start.kind == .mappingStart {
            let members = stride(from: 0, to: children.count, by: 2).map {
                Node.Member(key: children[$0], value: children[$0 + 1])
            }
            checkKeys(members)
            content = .mapping(members)
        } else {
            content = .sequence(children)
        }
        return Built(
            node: Node(content, place: start.place, endLine: event.endLine),
            size: size,
            height: height + 1
        )
    }

    /// Aliases can nest deeper than the text does; whoever walks the tree relies on the limit.
    private func checkNesting(_ depth: Int, at place: Place) throws(Stop) {
        guard depth <= Limit.nesting else {
            reportNesting(at: place)
            throw Stop()
        }
    }

    private func reportNesting(at place: Place) {
        findings.fault(
            "lists and mappings stand within each other more than \(Limit.nesting) deep",
            at: place
        )
    }

    private func checkKeys(_ members: [Node.Member]) {
        var first: [String: Place] = [:]
        for member in members {
            let place = member.key.place
            guard let key = member.key.text else {
                findings.fault("a key must be a single value, not \(member.key.kind)", at: place)
                continue
            }
            if member.key.plainText == "<<" {
                findings.fault(
                    "merge keys ('<<') are not part of YAML 1.2 and have no meaning here",
                    at: place,
                    hint: "an alias may stand for a whole value: retries: *patient"
                )
            } else if let earlier = first.updateValue(place, forKey: key) {
                first[key] = earlier
                findings.fault(
                    "\(Text.quoted(key)) stands here a second time, first on line "
                        + "\(earlier.line), column \(earlier.column)",
                    at: place
                )
            }
        }
    }

    private mutating func count(_ nodes: Int, at place: Place) throws(Stop) {
        nodeCount += nodes
        guard nodeCount <= Limit.nodesPerFile else {
            findings.fault(
                "the file has more than \(Limit.nodesPerFile) values, aliases written out",
                at: place
            )
            throw Stop()
        }
    }

    /// Refused before libyaml sees them: its time goes with the square of their number.
    private static func directive(in source: SourceText) -> Place? {
        guard source.bytes.contains(UInt8(ascii: "%")) else { return nil }
        return source.firstLine(beginningWith: UInt8(ascii: "%")).map { Place(line: $0, column: 1) }
    }
}

extension YAMLComposer {
    /// One of libyaml's events, copied, so that its memory is freed at once.
    private struct Event {
        enum Kind: Equatable {
            case streamStart, streamEnd, documentStart, documentEnd
            case alias(String)
            case scalar(String, Node.ScalarStyle)
            case sequenceStart, mappingStart, collectionEnd
        }

        var kind: Kind
        var anchor: String?
        var tag: String?
        var place: Place
        var endLine: Int
    }

    private func next() throws(Stop) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else {
            reportSyntaxError()
            throw Stop()
        }
        defer { yaml_event_delete(&event) }
        var result = Event(
            kind: .streamEnd,
            place: Self.place(from: event.start_mark, to: event.end_mark),
            endLine: Int(event.end_mark.line) + 1
        )
        switch event.type {
        case YAML_STREAM_START_EVENT: result.kind = .streamStart
        case YAML_DOCUMENT_START_EVENT: result.kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: result.kind = .documentEnd
        case YAML_ALIAS_EVENT: result.kind = .alias(Self.string(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            result.kind = .scalar(String(decoding: bytes, as: UTF8.self), Self.style(scalar.style))
            result.anchor = Self.string(scalar.anchor)
            result.tag = Self.string(scalar.tag)
        case YAML_SEQUENCE_START_EVENT:
            result.kind = .sequenceStart
            result.anchor = Self.string(event.data.sequence_start.anchor)
            result.tag = Self.string(event.data.sequence_start.tag)
        case YAML_MAPPING_START_EVENT:
            result.kind = .mappingStart
            result.anchor = Self.string(event.data.mapping_start.anchor)
            result.tag = Self.string(event.data.mapping_start.tag)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: result.kind = .collectionEnd
        default: result.kind = .streamEnd
        }
        return result
    }

    private func reportSyntaxError() {
        let state = parser.pointee
        let problem = state.problem.map { String(cString: $0) } ?? "it cannot be read"
        var message = "no YAML: \(problem)"
        var context = ""
        if let text = state.context {
            context = String(cString: text)
            let mark = state.context_mark
            message += " \(context) (line \(mark.line + 1), column \(mark.column + 1))"
        }
        let mark = state.problem_mark
        let reported = Place(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
        // libyaml names the end of the text as a line of its own.
        let place = findings.source?.clamped(reported) ?? reported
        // libyaml looks a thousand characters ahead and has a limit of its own, above ours.
        if problem.hasPrefix("Maximum nesting") { return reportNesting(at: place) }
        findings.fault(message, at: place, hint: hint(problem, context, at: place))
    }

    private func hint(_ problem: String, _ context: String, at place: Place) -> String? {
        let character = findings.source?.line(place.line)[checked: place.column - 1]
        if context.contains("scanning an alias") {
            return #"a text that begins with '*' needs quotes: cron: "*/5 * * * *""#
        }
        if character == "\t" || problem.contains("tab character") {
            return "YAML is indented with spaces, not with tabs"
        }
        if problem.contains("cannot start any token"), let character {
            return "a text that begins with '\(character)' needs quotes"
        }
        if problem.contains("mapping values are not allowed") {
            return "a text that holds ': ' needs quotes; or is a line indented too far?"
        }
        if problem.contains("did not find expected key") {
            return "look at the indentation of this line and the ones above it"
        }
        if problem.contains("could not find expected ':'") {
            return "a key is followed by ': '; look at the line above too"
        }
        return nil
    }

    private static func place(from start: yaml_mark_t, to end: yaml_mark_t) -> Place {
        let isOneLine = start.line == end.line && end.column > start.column
        return Place(
            line: Int(start.line) + 1,
            column: Int(start.column) + 1,
            length: isOneLine ? Int(end.column - start.column) : 1
        )
    }

    private static func string(_ text: UnsafeMutablePointer<UInt8>?) -> String? {
        text.map { String(cString: $0) }
    }

    private static func style(_ style: yaml_scalar_style_t) -> Node.ScalarStyle {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
        case YAML_LITERAL_SCALAR_STYLE: .literal
        case YAML_FOLDED_SCALAR_STYLE: .folded
        default: .plain
        }
    }
}
