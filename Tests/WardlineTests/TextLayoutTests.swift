import Testing

@testable import wardline

struct TextLayoutTests {
    @Test(arguments: [
        ("", [""]), ("one two", ["one two"]), ("one two three", ["one two", "three"]),
        ("abcdefghijk", ["abcdefgh", "ijk"]), ("a\nb", ["a", "b"]), ("exactly8 x", ["exactly8", "x"]),
        ("葉葉葉葉葉", ["葉葉葉葉", "葉"]), ("a\r\n\r\nb", ["a", "", "b"]),
    ])
    func `a text is broken at spaces, and inside a word only if it must`(text: String, lines: [String]) {
        #expect(text.wrapped(to: 8) == lines)
    }

    @Test func `a width of nothing still takes a character a line`() {
        #expect("葉x".wrapped(to: 0) == ["葉", "x"])
    }

    @Test(arguments: [("abc", 3), ("葉x", 3), ("e\u{301}", 1), ("\u{200B}", 0), ("ｱ", 1), ("Ａ", 2), ("한", 2)])
    func `columns are counted as terminals show them`(text: String, columns: Int) {
        #expect(text.columns == columns)
    }

    @Test(arguments: [
        ("plain text", "plain text"), (" I ", "␣I␣"), ("  ", "␣␣"), ("a\u{0}\u{B}\u{7F}b", "a␀␋␡b"),
        ("a\nb", "a\nb"), ("\u{85}\u{2066}", "\u{FFFD}\u{FFFD}"),
    ])
    func `what cannot be seen is made visible`(text: String, visible: String) {
        #expect(text.visible == visible)
    }

    @Test func `the last column of a table goes on under itself`() {
        let lines = TextTable.lines(["A", "REASON"], [["x", "one two three four five six"]], width: 20)
        #expect(lines == ["A  REASON", "x  one two three", "   four five six"])
    }

    @Test func `a note stands below its row`() {
        let rows: [(cells: [String], note: String?)] = [(["x", "1"], "not connected"), (["yy", "2"], nil)]
        #expect(
            TextTable.lines(["A", "B"], rows, width: 12)
                == ["A   B", "x   1", "    not", "    connecte", "    d", "yy  2"])
    }
}
