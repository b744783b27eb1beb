// The soak's fourth part: producers, workers and a ledger as processes of their own, on servers with faults. Nothing that was
// acknowledged may be lost, nothing may be added twice, and every second run of a handler must have a cause that was noted.

import { createRequire } from 'node:module';
import { growth } from './drift.mjs';

const require = createRequire(import.meta.url);

const MINUTE_MS = 60_000;
/** Of the median over the last quarter of a stage over that of the first. */
const ALLOWED_MIB = { producerMiB: 24, redisMiB: 16 };

/** The samples of a run that have this figure. */
function growthOf(samples, name) {
  const known = samples.filter((sample) => sample[name] !== undefined);
  return known.length > 0 ? growth(known, (sample) => sample[name]) : 0;
}

/** Answers the line of figures of a run, and its problems. */
export async function soakQueue({ minutes, seed, driver, stages }) {
  const { Chaos } = require('../__test__/faults/support/queue-chaos.js');
  const { STAGES } = require('../__test__/faults/support/queue-stages.js');
  const { endAll } = require('../__test__/support/cleanup.js');
  const { createInstance } = require('../js/instance.js');
  const open = (options) => {
    const orgcache = createInstance();
    orgcache.configure({ ...options, logLevel: 'off' });
    return orgcache;
  };
  const names = stages ?? Object.keys(STAGES);
  const problems = [];
  const all = { acknowledged: 0, lost: 0, untold: 0, unexplained: 0, faults: 0 };
  for (const [at, name] of names.entries()) {
    const stage = await STAGES[name]();
    const chaos = new Chaos(stage, { seed: seed + 1000 * at, driver });
    await stage.prepare?.(chaos.queue);
    await chaos.start();
    await chaos.run((minutes * MINUTE_MS) / names.length);
    const account = await chaos.finish(open);
    for (const line of account.lines) console.log(`${name}: ${line}`);
    const grown = Object.entries(ALLOWED_MIB).map(([what, allowed]) => {
      const by = growthOf(chaos.samples, what);
      if (by > allowed) account.problems.push(`${what} grew by ${by.toFixed(1)}`);
      return `${what.replace('MiB', '')} ${by.toFixed(1)} MiB`;
    });
    console.log(`${name}: memory grew: ${grown.join(', ')}`);
    problems.push(...account.problems.map((problem) => `${name}: ${problem}`));
    for (const figure of Object.keys(all)) all[figure] += account.figures[figure];
    await endAll();
  }
  const figures =
    `${all.faults} faults; acknowledged ${all.acknowledged}, and not completed, waiting or dead: ${all.lost}; refused by the ` +
    `ledger without lost: ${all.untold}; ran again without a cause: ${all.unexplained}; seed ${seed}`;
  return { figures, problems };
}
