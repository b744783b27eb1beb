// All tests, or the groups named as arguments (lint, rust, js, faults, topology, coherence, types, package; loom only where
// named). Two lanes of steps run side by side, and each line says whose it is. Every step runs, whatever failed before it;
// the last line is the sum, and the exit code is 0 only where nothing failed.
// With --full the faults last as long as their descriptions say, and both drivers meet them.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import counts from './counts.cjs';
import { isProgram, ROOT, SetupError, say, watch } from './run.mjs';
import { setup } from './setup.mjs';
import { describeOpen, reportingEnvironment } from './still-open.mjs';

const MINUTE_MS = 60 * 1000;

const FULL = '--full';
const NO_CACHE = ['--no-default-features'];
const NO_NODE = [...NO_CACHE, '--features', 'cache'];
const node = (script, ...args) => [process.execPath, path.join(ROOT, 'node_modules', script), ...args];
const cargoTest = (...args) => ['cargo', 'test', '--no-fail-fast', ...args];
const jest = (project, ...args) => node('jest/bin/jest.js', '--selectProjects', project, ...args);

/**
 * `minutes` is a step's limit, three times what it takes on two cores with nothing built, beside the other lane: one that
 * takes longer hangs.
 */
const STEPS = [
  { group: 'lint', name: 'rustfmt', minutes: 1, command: ['cargo', 'fmt', '--all', '--check'] },
  { group: 'lint', name: 'clippy', minutes: 9, command: clippy() },
  { group: 'lint', name: 'clippy without Node', minutes: 5, command: clippy(...NO_NODE) },
  {
    group: 'lint',
    name: 'licences, duplicates and sources of crates',
    minutes: 6,
    command: [process.execPath, path.join(ROOT, 'scripts', 'cargo-deny.mjs')],
  },
  {
    group: 'lint',
    name: 'biome',
    minutes: 2,
    command: node('@biomejs/biome/bin/biome', 'check', '--error-on-warnings'),
  },
  {
    group: 'lint',
    name: 'checked JavaScript',
    minutes: 2,
    command: node('typescript/bin/tsc', '--project', 'js'),
  },
  {
    group: 'rust',
    name: 'rust unit tests',
    minutes: 12,
    command: cargoTest(...NO_NODE, '--lib'),
    runner: 'cargo',
  },
  {
    group: 'rust',
    name: 'rust integration tests',
    minutes: 8,
    command: cargoTest(...NO_NODE, '--test', '*'),
    runner: 'cargo',
  },
  {
    group: 'rust',
    name: 'rust connections without the cache',
    minutes: 6,
    command: cargoTest(...NO_CACHE, '--lib', 'redis::'),
    runner: 'cargo',
  },
  {
    group: 'loom',
    name: 'loom',
    minutes: 15,
    command: ['cargo', 'test', '--release', '--target-dir', 'target/loom', '--lib', ...NO_NODE, 'loom_'],
    env: {
      RUSTFLAGS: '--cfg orgcache_loom',
      // What the optimizer's last pass costs is more than it saves here.
      CARGO_PROFILE_RELEASE_LTO: 'off',
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
    },
    runner: 'cargo',
  },
  { group: 'js', name: 'jest', minutes: 45, command: jest('suite'), runner: 'jest' },
  { group: 'faults', name: 'faults', minutes: 12, command: jest('faults', '--runInBand'), runner: 'jest' },
  {
    group: 'topology',
    name: 'topology',
    minutes: 24,
    command: jest('topology', '--runInBand'),
    runner: 'jest',
  },
  {
    group: 'coherence',
    name: 'coherence',
    minutes: 3,
    command: [process.execPath, path.join(ROOT, 'scripts', 'coherence.mjs'), '--short'],
  },
  {
    group: 'types',
    name: 'types',
    minutes: 3,
    command: node('typescript/bin/tsc', '--project', '__test__/types'),
  },
  { group: 'package', name: 'packaging', minutes: 15, command: jest('package'), runner: 'jest' },
];

const NEEDS = {
  lint: { addon: false, redis: false },
  rust: { addon: false, redis: true },
  // Every crate is built once more for it, which takes minutes: not for what runs after each change.
  loom: { addon: false, redis: false, onlyNamed: true },
  js: { addon: true, redis: true, postgres: true, chromium: true },
  faults: { addon: true, redis: true },
  topology: { addon: true, redis: true },
  coherence: { addon: true, redis: true },
  types: { addon: false, redis: false },
  package: { addon: true, redis: true, chromium: true, environments: true },
};

/**
 * Most of the tests in JavaScript wait for servers, outages and deadlines, so what compiles and computes runs beside them;
 * the lanes take about as long.
 */
const LANES = [
  ['js', 'package', 'coherence'],
  ['lint', 'rust', 'loom', 'topology', 'faults', 'types'],
];

/** How long everything may take that runs where nothing is named. */
export function minutesOfAll() {
  const minutesOf = (lane) =>
    stepsOf(lane.filter((group) => !NEEDS[group].onlyNamed)).reduce((sum, { minutes }) => sum + minutes, 0);
  return Math.max(...LANES.map(minutesOf));
}

/** The steps of groups, in the order of the groups. */
function stepsOf(groups) {
  return groups.flatMap((group) => STEPS.filter((step) => step.group === group));
}

function clippy(...features) {
  return ['cargo', 'clippy', '--all-targets', ...features, '--', '--deny', 'warnings'];
}

async function main(args) {
  const groups = args.filter((word) => word !== FULL);
  const unknown = groups.find((group) => !NEEDS[group]);
  if (unknown)
    throw new SetupError(`There is no group ${unknown}: name ${Object.keys(NEEDS).join(', ')} or none.`);
  const wanted = groups.length > 0 ? groups : Object.keys(NEEDS).filter((group) => !NEEDS[group].onlyNamed);
  const { redisServer } = await setup({
    addon: wanted.some((group) => NEEDS[group].addon),
    redis: wanted.some((group) => NEEDS[group].redis),
    postgres: wanted.some((group) => NEEDS[group].postgres),
    chromium: wanted.some((group) => NEEDS[group].chromium),
    environments: wanted.some((group) => NEEDS[group].environments),
  });

  const env = environment({ redisServer, isFull: args.includes(FULL) });
  const lanes = LANES.map((lane) => stepsOf(lane.filter((group) => wanted.includes(group))));
  const areSeveral = lanes.every((steps) => steps.length > 0);
  const runLane = async (steps) => {
    const results = [];
    for (const step of steps) results.push(await runStep(step, env, linesOf(areSeveral ? step.name : '')));
    return results;
  };
  return (await Promise.all(lanes.map(runLane))).flat();
}

/** Prints what a step says: as it comes, or where a name is given line by line, with the name in front of each. */
function linesOf(name) {
  if (name === '') return { print: (piece) => process.stdout.write(piece), end() {} };
  let rest = '';
  const printLines = (lines) => {
    for (const line of lines) process.stdout.write(`${name} | ${line}\n`);
  };
  return {
    print(piece) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop();
      printLines(lines);
    },
    end() {
      if (rest !== '') printLines([rest]);
      rest = '';
    },
  };
}

export async function runStep(step, env, lines = linesOf('')) {
  const { name, minutes, command, env: own, runner } = step;
  const [program, ...args] = command;
  lines.print(`\n== ${name}\n`);
  const started = performance.now();
  const reports = mkdtempSync(path.join(tmpdir(), 'orgcache-test-'));
  const reportFile = path.join(reports, 'jest.json');
  const reporting = runner === 'jest' ? ['--json', `--outputFile=${reportFile}`] : [];
  let printed = '';
  const { status, timedOut } = await watch(program, [...args, ...reporting], {
    cwd: ROOT,
    env: reportingEnvironment(reports, { ...env, ...own }),
    timeoutMs: minutes * MINUTE_MS,
    onTimeout: async (pid) => {
      lines.print(
        `\n${name} was not done within its limit, ${Math.round(minutes * 60)} seconds; still open:\n`,
      );
      for (const line of await describeOpen(pid, reports)) lines.print(`${line}\n`);
    },
    onOutput: (piece) => {
      printed += piece;
      lines.print(piece);
    },
  });
  lines.end();
  const count = countStep({ runner, status, printed, reportFile });
  rmSync(reports, { recursive: true, force: true });
  const result = { name, timedOut, seconds: (performance.now() - started) / 1000, ...count };
  lines.print(`${summaryLine(result)}\n`);
  return result;
}

function environment({ redisServer, isFull }) {
  const env = { ...process.env };
  if (redisServer) env.ORGCACHE_TEST_REDIS_SERVER = redisServer;
  if (isFull) env.ORGCACHE_FAULTS = 'full';
  return env;
}

/** How many tests passed and failed, and a line for each that failed. */
function countStep({ runner, status, printed, reportFile }) {
  if (runner === 'cargo') {
    return { ...counts.countCargo(status, printed), failures: counts.failuresOfCargo(printed) };
  }
  if (runner !== 'jest') return { ...counts.countCommand(status), failures: [] };
  const report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : undefined;
  return { ...counts.countJest(status, report), failures: counts.failuresOfJest(report, ROOT) };
}

function summaryLine({ name, passed, failed, skipped, seconds, timedOut }) {
  const verdict = failed === 0 ? 'ok    ' : 'FAILED';
  const remarks = `${skipped ? `, ${skipped} skipped` : ''}${timedOut ? ', ended at its time limit' : ''}`;
  return `${verdict} ${name}: ${passed} passed, ${failed} failed${remarks} (${seconds.toFixed(1)} s)`;
}

function finish(results) {
  const sum = (field) => results.reduce((total, result) => total + result[field], 0);
  const linesOfStep = (result) => [
    summaryLine(result),
    ...result.failures.map((failure) => `       ${failure}`),
  ];
  console.log(`\n${results.flatMap(linesOfStep).join('\n')}\n`);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
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
