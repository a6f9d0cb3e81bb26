import Testing

@testable import Flows

@Suite struct SecretTextTests {
    @Test(arguments: [
        ("", []), ("abc", []), ("abcd", ["abcd"]), ("one1\ntwo\n\nthree", ["one1", "three"]),
        ("éé", ["éé"]),
    ])
    func `a value is looked for line by line`(value: String, pieces: [String]) {
        #expect(SecretText.pieces(of: value) == pieces)
    }

    @Test(arguments: [
        ("xabcdabcdy", ["abcd"], "x******y"), ("abcdef abcd", ["abcd", "abcdef"], "*** ***"),
        ("aaaaaa", ["aaaa"], "***aa"), ("x", [""], "x"), ("", ["abcd"], ""),
        // What follows makes another character of its last one.
        ("abcd\u{301}e", ["abcd"], "***\u{301}e"), ("a\r\nb", ["a\r"], "***\nb"),
    ])
    func `each is replaced, wherever it stands`(text: String, secrets: [String], expected: String) {
        #expect(Array(SecretText.masked(text, secrets).utf8) == Array(expected.utf8))
        #expect(SecretText.held(secrets, in: text).isEmpty == (text == expected))
    }
}
