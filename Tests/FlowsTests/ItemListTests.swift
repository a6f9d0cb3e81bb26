import Testing

@testable import Flows

@Suite struct ItemListTests {
    @Test(
        arguments: [
            ("a\nb\n\nc\n", ["a", "b", "c"]), ("", []), (" \n", [" "]), ("a\n[1", ["a", "[1"]),
            ("\"[\"", ["\"[\""]),
        ] as [(String, [String])]
    )
    func `lines are items`(text: String, items: [String]) throws {
        #expect(try ItemList.items(of: text) == items)
    }

    @Test(
        arguments: [
            ("[]", []), (" [ ]\n", []),
            (#"["a\nb", 1, true, false]"#, ["a\nb", "1", "true", "false"]),
            // As written, whatever a computer would make of it.
            (
                "[123456789012345678901,1.10,-0,1E+3,0.5]",
                ["123456789012345678901", "1.10", "-0", "1E+3", "0.5"]
            ),
            (
                #"["\"\\\/\b\f\r\t", "\u00e9\ud83d\ude00", "é"]"#,
                ["\"\\/\u{8}\u{c}\r\t", "é😀", "é"]
            ),
            (#"["${x}","[","]",""]"#, ["${x}", "[", "]", ""]),
        ] as [(String, [String])]
    )
    func `a JSON array gives its elements`(text: String, items: [String]) throws {
        #expect(try ItemList.items(of: text) == items)
    }

    @Test(arguments: [
        (#"["a\u0000b"]"#, "element 1 of its JSON array holds a NUL (\\u0000), which neither"),
        ("[1,null]", "element 2 of its JSON array is null, which is no text"),
        ("[[1]]", "element 1 of its JSON array is neither a text, a number, true nor false"),
        ("[1,{}]", "element 2 of its JSON array is neither"),
        ("[1", "it begins with '[' and is no JSON array, which shows at byte 3; write lines that"),
        ("[", "at byte 2;"), (#"["a", "b"#, "at byte 9;"), (#"["a" "b"]"#, "at byte 6;"),
        ("[1,]", "at byte 4;"), ("[1] x", "at byte 5;"), ("[a]\n[b]", "at byte 2;"),
        ("[01]", "at byte 3;"), ("[1.]", "at byte 4;"), ("[+1]", "at byte 2;"),
        ("[nul]", "at byte 2;"), ("['a']", "at byte 2;"), (#"["\x"]"#, "at byte 4;"),
        ("[\"a\nb\"]", "at byte 4;"), (#"["\ud800"]"#, "at byte 9;"),
        (#"["\u12g4"]"#, "at byte 5;"),
        (#"["\udc00"]"#, "at byte 9;"), (#"["\u+123"]"#, "at byte 5;"),
    ])
    func `what begins as one and is none is refused`(text: String, message: String) {
        let fault = #expect(throws: ItemList.Fault.self) { try ItemList.items(of: text) }
        #expect(fault?.message.contains(message) == true, "\(fault?.message ?? "")")
    }

    @Test(arguments: ["x\n", "1,"])
    func `there are no more than may be`(item: String) throws {
        let many = String(repeating: item, count: Limit.itemsPerTask)
        let text = item == "x\n" ? many : "[\(many.dropLast())]"
        #expect(try ItemList.items(of: text).count == Limit.itemsPerTask)
        let more = item == "x\n" ? many + "x" : "[\(many)1]"
        #expect(throws: ItemList.Fault.self) { try ItemList.items(of: more) }
    }

    @Test(arguments: [
        ("0", "0", 0), ("-0", "0.00", 0), ("007", "7", 0), ("1e2", "100", 0), ("1.50", "15e-1", 0),
        ("1", "2", -1), ("-2", "-1", -1), ("-1", "0", -1), ("0", "0.1", -1), ("9", "10", -1),
        ("0.09", "0.1", -1), ("99999999999999999999", "100000000000000000000", -1),
        ("0.100000000000000000001", "0.1", 1), ("1e400", "1e399", 1), ("-1e400", "-1e399", -1),
        ("1e-400", "0", 1), ("0e999999999999999", "0", 0), ("5.", "5", 0),
    ])
    func `numbers of any length are compared exactly`(a: String, b: String, order: Int) throws {
        let (a, b) = (try #require(DecimalText(a)), try #require(DecimalText(b)))
        #expect((a < b) == (order < 0) && (b < a) == (order > 0) && (a == b) == (order == 0))
    }

    @Test(arguments: [
        "", "-", ".5", "-.5", "+1", "1+", "1.2.3", "0x10", "nan", "inf", "1e", "1e+", "e5", "1 ",
        " 1", "1e1000000000000000", "--1", "١",
    ])
    func `what is no number stays a text`(text: String) { #expect(DecimalText(text) == nil) }
}
