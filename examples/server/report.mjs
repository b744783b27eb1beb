// The result of the demo as text for a person. `--json` prints the same result as it is.

const BYTES_PER_MIB = 1024 * 1024;

const count = new Intl.NumberFormat('en-US');

function percent(part) {
  return `${(part * 100).toFixed(1)} %`;
}

function milliseconds(value) {
  return `${value.toFixed(2)} ms`;
}

function rows({ store, data, migration, traffic, clearing, isolation, memory }) {
  return [
    ['store', store],
    [
      'data',
      `${count.format(data.conversations)} conversations with ${count.format(data.messages)} ` +
        `messages of ${data.organizations} organizations`,
    ],
    [
      'migrated',
      `${count.format(migration.entries)} Map entries in ${migration.seconds.toFixed(2)} s, ` +
        `${migration.errors} errors, ${count.format(migration.leftInMaps)} left in the Maps`,
    ],
    [
      'served',
      `${count.format(traffic.requests)} HTTP requests (${count.format(traffic.reads)} reads, ` +
        `${count.format(traffic.writes)} writes) over ${traffic.connections} connections, ` +
        `${count.format(traffic.requestsPerSecond)} a second`,
    ],
    [
      'hit rate',
      `${percent(traffic.hitRate)} (${count.format(traffic.misses)} misses, of which ` +
        `${count.format(traffic.foreignReads)} asked for what only another organization has)`,
    ],
    ['p50, p99', `${milliseconds(traffic.p50Milliseconds)}, ${milliseconds(traffic.p99Milliseconds)}`],
    [
      'cleared',
      `${clearing.organizationId} in ${milliseconds(clearing.milliseconds)}: ` +
        `${count.format(clearing.gone)} of ${count.format(clearing.cleared)} conversations gone, ` +
        `${count.format(clearing.untouched)} of ${count.format(clearing.others)} others untouched`,
    ],
    [
      'isolation',
      `${count.format(isolation.checked)} answers checked, ` +
        `${count.format(isolation.violations)} from another organization`,
    ],
    ['memory', `${(memory.rssBytes / BYTES_PER_MIB).toFixed(0)} MiB resident`],
  ];
}

function surprises({ unexpected }) {
  return Object.entries(unexpected).map(([what, times]) => ['surprise', `${what}, ${times} times`]);
}

export function formatReport(result) {
  const facts = [...rows(result), ...surprises(result.traffic)];
  const lines = facts.map(([name, text]) => `  ${name.padEnd(10)} ${text}`);
  const checks = result.checks.map(({ name, held }) => `  ${held ? 'held  ' : 'FAILED'} ${name}`);
  return ['', ...lines, '', ...checks, ''].join('\n');
}

export function formatUrls(url, { organizationId, phoneNumber }) {
  const conversation =
    `${url}/api/organizations/${encodeURIComponent(organizationId)}` +
    `/conversations/${encodeURIComponent(phoneNumber)}`;
  const json = `-H 'content-type: application/json'`;
  return [
    `The server is up at ${url}; Ctrl-C stops it. Open it in a browser, or try:`,
    `  curl ${url}/api/health`,
    `  curl ${url}/api/cache/stats`,
    `  curl ${conversation}`,
    `  curl ${conversation}/summary`,
    `  curl ${json} -d '{"messages":[{"role":"user","content":"Hello"}]}' ${conversation}`,
    `  curl -X DELETE ${url}/api/organizations/${encodeURIComponent(organizationId)}/cache`,
    '',
  ].join('\n');
}
