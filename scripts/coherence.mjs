// For minutes, from a printed seed: processes under load read and write a few keys while connections, servers, threads and
// processes fail. What they have recorded is judged by `__test__/coherence/checker/`: `npm run test:coherence`. The exit code is 1
// where any answer is one that a coherent cache never gives. With --planted the addon has faults on purpose, and each of them
// must be found.

import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildInto } from './build.mjs';
import { exitWithSentence, isProgram, ROOT, SetupError } from './run.mjs';
import { setup } from './setup.mjs';

const require = createRequire(import.meta.url);

const MINUTE_MS = 60_000;
/** What the optimizer's last pass costs is more than it saves here. */
const BUILT_FAST = { CARGO_PROFILE_RELEASE_LTO: 'off', CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16' };

const HELP = `Looks for answers that a coherent cache never gives.

  npm run test:coherence -- [options]

  --minutes N     how long (default: 5)
  --seed S        repeats the order of a run that printed it (default: drawn)
  --short         each of a few faults once
  --fault NAME    this fault alone, again and again
  --planted       builds the addon with faults on purpose; each must be found within a minute
  --help`;

function options() {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '5' },
      seed: { type: 'string' },
      short: { type: 'boolean', default: false },
      fault: { type: 'string' },
      planted: { type: 'boolean', default: false },
    },
  });
  const { FAULTS } = require('../__test__/coherence/support/faults.js');
  const minutes = Number(values.minutes);
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
  if (!(minutes > 0)) throw new SetupError(`--minutes is ${values.minutes}; allowed is a number above 0.`);
  if (!Number.isInteger(seed)) throw new SetupError(`--seed is ${values.seed}; allowed is a whole number.`);
  if (values.fault !== undefined && !FAULTS[values.fault]) {
    throw new SetupError(`--fault is ${values.fault}; allowed is one of: ${Object.keys(FAULTS).join('; ')}.`);
  }
  return { ...values, minutes, seed };
}

/** The names of faults, each once, in an order that a seed decides, again and again. */
function* decks(names, random) {
  for (;;) {
    const left = [...names];
    while (left.length > 0) yield left.splice(random.below(left.length), 1)[0];
  }
}

/** `room`: faults of the short form alone, those whose load uses that room. */
function faultsOf({ short, room, fault, seed }) {
  const { FAULTS, SHORT } = require('../__test__/coherence/support/faults.js');
  const { randomOf } = require('../__test__/faults/support/random.js');
  if (fault) return decks([fault], randomOf(seed));
  const isOfRoom = (name) => (FAULTS[name].room ?? 'adapter') === room;
  if (room) return decks(SHORT.filter(isOfRoom), randomOf(seed));
  return short ? SHORT.values() : decks(Object.keys(FAULTS), randomOf(seed));
}

/** Rounds until the time is over, or until `isDone` of the sum. */
async function rounds(chosen, { env, isDone = () => false } = {}) {
  const { openBench } = require('../__test__/coherence/support/bench.js');
  const { Sum } = require('../__test__/coherence/support/sum.js');
  const { seed, short, room, minutes } = chosen;
  const bench = openBench({ seed, isShort: short || room !== undefined, env });
  const sum = new Sum();
  const endsAt = performance.now() + minutes * MINUTE_MS;
  let tellAt = performance.now() + MINUTE_MS;
  for (const fault of faultsOf(chosen)) {
    sum.add(await bench.round(fault));
    if (isDone(sum) || performance.now() > endsAt) break;
    if (performance.now() > tellAt) {
      tellAt += MINUTE_MS;
      console.log(`coherence: ${sum.line()}`);
    }
  }
  await bench.close();
  return sum;
}

async function search(chosen) {
  const sum = await rounds(chosen);
  const problems = sum.problems();
  console.log(`coherence: ${problems.length === 0 ? 'ok' : 'FAILED'}: ${sum.line()}; seed ${chosen.seed}`);
  for (const problem of problems) console.log(`coherence: ${problem}`);
  return problems.length === 0;
}

/** Builds the addon with faults on purpose, and looks for each of them; prints a row each. */
async function searchPlanted(chosen) {
  const { PLANTED } = require('../__test__/coherence/support/planted.js');
  const folder = path.join(ROOT, 'target', 'planted');
  const args = ['--release', '--lib', '--target-dir', folder, '--features', 'planted-faults'];
  const addon = await buildInto(path.join(folder, 'orgcache.node'), args, BUILT_FAST);
  let areAllFound = true;
  console.log(
    '| fault | found | seconds | operations | rules, and how often | in the round |\n|---|---|---|---|---|---|',
  );
  for (const [name, room] of Object.entries(PLANTED)) {
    const started = performance.now();
    const env = { ORGCACHE_BINARY: addon, ORGCACHE_PLANTED_FAULT: name };
    const isDone = ({ violations }) => Object.keys(violations).length > 0;
    const sum = await rounds({ ...chosen, room, minutes: 1 }, { env, isDone });
    const seconds = Math.round((performance.now() - started) / 1000);
    const rules = Object.entries(sum.violations).map(([rule, count]) => `${rule} ${count}`);
    const isFound = rules.length > 0;
    areAllFound &&= isFound;
    const cells = [
      name,
      isFound ? 'yes' : 'no',
      seconds,
      sum.operations,
      rules.join(', '),
      isFound ? sum.lastFault : '',
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  return areAllFound;
}

async function main() {
  const chosen = options();
  if (chosen.help) {
    console.log(HELP);
    return;
  }
  const { redisServer } = await setup({ redis: true, addon: !chosen.planted });
  process.env.ORGCACHE_TEST_REDIS_SERVER = redisServer;
  const { endAll } = require('../__test__/support/cleanup.js');
  console.log(`coherence: seed ${chosen.seed}`);
  try {
    const isWell = await (chosen.planted ? searchPlanted(chosen) : search(chosen));
    process.exitCode = isWell ? 0 : 1;
  } finally {
    await endAll();
  }
}

if (isProgram(import.meta.url)) main().catch(exitWithSentence);
