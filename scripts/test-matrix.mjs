// The tests of JavaScript on every server that the package promises to work with: one line a server at the end, and
// an exit code other than 0 where a test failed. Only the files that start servers are run, and none of `client` and
// `ioredis`; with --all the whole suite and the clusters and sentinels too. Names of servers as arguments choose among
// them, e.g. `redis-7.4 valkey-9`.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import counts from './counts.cjs';
import { obtain, SERVERS } from './redis-servers.mjs';
import { isProgram, ROOT, SetupError, say, watch } from './run.mjs';
import { setup } from './setup.mjs';

const RUN_TIMEOUT_MS = 15 * 60 * 1000;
const ALL = '--all';
const TESTS = path.join(ROOT, '__test__');
/** The folders that are run only with --all, and those that are not in the suite. */
const ONLY_WITH_ALL = ['client', 'ioredis', 'topology', 'faults', 'package'];
const STARTS_SERVERS = /require\('\.\.?\/(support\/)?redis'\)/;
/** In the name of every test that needs a server with TLS, and of no other. */
const WITHOUT_TLS = '^(?!.*\\bTLS\\b)';

const wordOf = ({ name }) => name.toLowerCase().replace(' ', '-');

async function main(args) {
  const words = args.filter((word) => word !== ALL);
  const unknown = words.find((word) => !SERVERS.some((server) => wordOf(server) === word));
  if (unknown) {
    throw new SetupError(
      `There is no server ${unknown}: name ${SERVERS.map(wordOf).join(', ')}, ${ALL} or none.`,
    );
  }
  await setup({ addon: true });
  const chosen = SERVERS.filter((server) => words.length === 0 || words.includes(wordOf(server)));
  const results = [];
  for (const server of chosen.map(obtain)) {
    results.push(server.reason ? server : await testOn(server, { isAll: args.includes(ALL) }));
    console.log(`\n${summaryLine(results.at(-1))}`);
  }
  return results;
}

async function testOn(server, { isAll }) {
  console.log(`\n== ${server.version}`);
  const started = performance.now();
  const sum = { passed: 0, failed: 0 };
  const runs = isAll ? [['suite'], ['topology', '--runInBand']] : [['suite', ...filesThatStartServers()]];
  for (const run of runs) {
    const { passed, failed } = await jest(server, run);
    sum.passed += passed;
    sum.failed += failed;
  }
  return { ...server, ...sum, seconds: (performance.now() - started) / 1000 };
}

async function jest({ path: server, speaksTls }, [project, ...args]) {
  const reports = mkdtempSync(path.join(tmpdir(), 'orgcache-matrix-'));
  const reportFile = path.join(reports, 'jest.json');
  const chosen = speaksTls ? [] : ['--testNamePattern', WITHOUT_TLS];
  const command = ['--selectProjects', project, '--json', `--outputFile=${reportFile}`, ...chosen, ...args];
  const { status } = await watch(
    process.execPath,
    [path.join(ROOT, 'node_modules/jest/bin/jest.js'), ...command],
    {
      cwd: ROOT,
      env: { ...process.env, ORGCACHE_TEST_REDIS_SERVER: server },
      timeoutMs: RUN_TIMEOUT_MS,
      onOutput: (piece) => process.stderr.write(piece),
    },
  );
  const report = readReport(reportFile);
  rmSync(reports, { recursive: true, force: true });
  return counts.countJest(status, report);
}

/** Undefined where jest ended before it wrote one. */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function filesThatStartServers() {
  return readdirSync(TESTS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !ONLY_WITH_ALL.includes(entry.name))
    .map(({ name }) => path.join(TESTS, name))
    .flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name)))
    .filter((file) => file.endsWith('.test.js') && STARTS_SERVERS.test(readFileSync(file, 'utf8')));
}

function summaryLine({ name, reason, version, speaksTls, passed, failed, seconds }) {
  if (reason) return `absent ${name}: ${reason}`;
  const remark = speaksTls ? '' : ', without those of TLS, which this build does not speak';
  return `${failed === 0 ? 'ok    ' : 'FAILED'} ${version}: ${passed} passed, ${failed} failed${remark} (${seconds.toFixed(0)} s)`;
}

function finish(results) {
  const ran = results.filter(({ reason }) => !reason);
  const sum = (field) => ran.reduce((total, result) => total + result[field], 0);
  console.log(`\n${results.map(summaryLine).join('\n')}\n`);
  const failed = ran.length === 0 ? 1 : sum('failed');
  console.log(`${sum('passed')} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

if (isProgram(import.meta.url)) {
  try {
    finish(await main(process.argv.slice(2)));
  } catch (error) {
    say(error instanceof SetupError ? error.message : error.stack);
    console.log('0 passed, 1 failed');
    process.exitCode = 1;
  }
}
