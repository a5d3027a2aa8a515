/// Finds what someone meant to write.
enum Spelling {
    /// The known word nearest to a text: at most a third of its letters differ.
    static func nearest(to text: String, among words: some Sequence<String>) -> String? {
        let limit = max(1, text.count / 3)
        let near = words.map { (word: $0, distance: distance(text.lowercased(), $0.lowercased())) }
            .filter { $0.distance <= limit }
        return near.min { ($0.distance, $0.word) < ($1.distance, $1.word) }?.word
    }

    /// What to write instead of an unknown word: the nearest one, or all of them.
    static func remedy(for text: String, among words: [String]) -> String {
        if let near = nearest(to: text, among: words) { return "write \(near)" }
        return words.count == 1 ? "write \(words[0])" : "write one of \(words.joined(separator: ", "))"
    }

    /// How many letters must be changed, added, taken away or swapped with their neighbour.
    private static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.utf8)
        let b = Array(b.utf8)
        // The lengths alone rule most words out.
        guard abs(a.count - b.count) <= 8 else { return .max }
        var twoBefore: [Int] = []
        var before = Array(0...b.count)
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var best = min(before[j] + (a[i] == b[j] ? 0 : 1), before[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, twoBefore[j - 1] + 1) }
                row.append(best)
            }
            twoBefore = before
            before = row
        }
        return before[b.count]
    }
}
