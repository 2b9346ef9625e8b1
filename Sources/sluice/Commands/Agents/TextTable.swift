/// Rows in aligned columns, for people.
struct TextTable {
    /// What stands in one place.
    struct Cell {
        let text: String
        var color: Terminal.Color?

        init(_ text: String, _ color: Terminal.Color? = nil) {
            self.text = text
            self.color = color
        }
    }

    /// A column's name, and the side at which its texts begin: figures stand under each other at the right.
    struct Column {
        let name: String
        var isFigure = true
    }

    let columns: [Column]
    var rows: [[Cell]] = []

    /// A line for the names, and one for each row.
    ///
    /// - Parameter width: What is longer is cut, so that a line stays one.
    func lines(_ terminal: Terminal, width: Int? = nil) -> [String] {
        let head = columns.map { Cell($0.name, .bold) }
        let widths = columns.indices.map { index in ([head] + rows).map { $0[index].text.count }.max() ?? 0 }
        return ([head] + rows).map { row in
            var line = ""
            var used = 0
            for (index, cell) in row.enumerated() {
                let gap = index == 0 ? "" : "  "
                let blanks = String(repeating: " ", count: widths[index] - cell.text.count)
                let isLast = index == columns.count - 1
                var text = cell.text
                var before = gap
                var after = ""
                if columns[index].isFigure { before += blanks } else if !isLast { after = blanks }
                if let width {
                    before = String(before.prefix(max(0, width - used)))
                    text = String(text.prefix(max(0, width - used - before.count)))
                    after = String(after.prefix(max(0, width - used - before.count - text.count)))
                }
                used += before.count + text.count + after.count
                line += before + terminal.paint(text, cell.color) + after
            }
            return line
        }
    }
}
