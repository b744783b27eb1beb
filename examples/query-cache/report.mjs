// The result of the demo as text for a person. `--json` prints the same result as it is.

const count = new Intl.NumberFormat('en-US');
const LABEL_WIDTH = 20;
const COLUMN_WIDTH = 14;

function milliseconds(value) {
  return `${value.toFixed(2)} ms`;
}

function table({ without, cached, ratios }) {
  const rows = [
    ['', 'without', 'with the cache', 'ratio'],
    ['p50', milliseconds(without.p50Milliseconds), milliseconds(cached.p50Milliseconds), ratios.p50],
    ['p95', milliseconds(without.p95Milliseconds), milliseconds(cached.p95Milliseconds), ratios.p95],
    [
      'reports a second',
      ...[without, cached].map((way) => count.format(way.callsPerSecond)),
      ratios.callsPerSecond,
    ],
    ['queries it ran', ...[without, cached].map((way) => count.format(way.queries)), ratios.queries],
  ];
  return rows.map(([label, ...cells]) => {
    const texts = cells.map((cell) => (typeof cell === 'number' ? `${cell.toFixed(3)}x` : cell));
    return label.padEnd(LABEL_WIDTH) + texts.map((text) => text.padStart(COLUMN_WIDTH + 2)).join('');
  });
}

export function formatReport(result) {
  const { data, database, store, changes, checks } = result;
  const facts = [
    ['database', `PostgreSQL ${database}, a pool of ${result.connections} connections`],
    ['store', store],
    [
      'data',
      `${count.format(data.orders)} orders of ${data.organizations} organizations, ${data.reports} reports`,
    ],
    ['load', `${count.format(result.without.calls)} reports each way, ${result.callers} callers`],
    [
      'changes',
      `${count.format(changes.count)} by mutate under load; of ${count.format(changes.compared)} reports ` +
        `asked for after one, ${changes.old} were older`,
    ],
  ];
  return [
    ...facts.map(([label, text]) => label.padEnd(LABEL_WIDTH) + text),
    '',
    ...table(result),
    '',
    ...checks.map(({ name, held }) => `${held ? 'ok    ' : 'FAILED'} ${name}`),
    '',
  ].join('\n');
}
