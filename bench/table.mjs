/** A text table: columns of figures to the right, columns of words to the left. */

const FIGURE = /^[<>=]*\s*[-\d]/;

export function renderTable(head, rows) {
  const cells = rows.map((row) => row.map(String));
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column].length)),
  );
  const isFigures = head.map((_, column) =>
    cells.every((row) => row[column] === '' || FIGURE.test(row[column])),
  );
  const line = (row) =>
    row
      .map((text, column) =>
        isFigures[column] ? text.padStart(widths[column]) : text.padEnd(widths[column]),
      )
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [line(head), rule, ...cells.map(line)].join('\n');
}
