/// Finds the word that was meant.
enum Suggestion {
    // Two edits are a typing mistake, more are another word; a short word has fewer letters to lose.
    private static func editsMax(_ word: String) -> Int { word.utf8.count < 6 ? 1 : 2 }

    /// The one of `words` that is nearest to `word`, if it is near enough.
    static func nearest(to word: String, in words: [String]) -> String? {
        // No key is longer, and the distance costs the product of both lengths.
        guard word.utf8.count <= 64 else { return nil }
        let typed = Array(word.lowercased().utf8)
        let ranked = words.map { (edits: distance(typed, Array($0.lowercased().utf8)), word: $0) }
        guard let best = ranked.min(by: { $0.edits < $1.edits }), best.edits <= editsMax(word) else { return nil }
        return best.word
    }

    /// How many letters have to be put in, taken out, replaced or swapped with their neighbor.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(replaced, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
