'use strict';

const path = require('node:path');
const { runNode } = require('./process');

const IS_FULL = process.env.ORGCACHE_FAULTS === 'full';
/**
 * Resident memory may grow by so much after the first tenth: that of a process that is new grows for a while, so a short run
 * shows only what each cycle leaves in the tens of KiB.
 */
const MAX_GROWTH_KIB = IS_FULL ? 5 * 1024 : 12 * 1024;
/** Five milliseconds a cycle on servers that answer, and a machine that is ten times as busy. */
const TIMEOUT_MS = 20 * 60_000;

/** Runs a program of `__test__/programs/` that ends with `measureWays`. */
async function closeOften(program, given) {
  const file = path.join(__dirname, '..', 'programs', program);
  const { reports } = await runNode(['--expose-gc', file, JSON.stringify(given)], { timeoutMs: TIMEOUT_MS });
  return reports;
}

/** Expects each way to leave what was there before it, memory flat, and the process nothing in the end. */
function expectNothingLeft([{ after: before }, ...ways]) {
  const nothing = {
    clients: 0,
    cores: 0,
    handles: 0,
    hooks: 0,
    keepers: 0,
    queues: 0,
    wakers: 0,
    watches: 0,
  };
  expect(ways.pop()).toEqual({ way: 'nothing', after: nothing });
  for (const { way, after, samples } of ways) {
    expect({ way, after }).toEqual({ way, after: before });
    const grown = samples.at(-1) - Math.max(...samples.slice(0, 2));
    // With the figures, for whoever reads the failure.
    const seen = { way, grown, samples };
    expect({ ...seen, isFlat: grown < MAX_GROWTH_KIB }).toEqual({ ...seen, isFlat: true });
  }
}

module.exports = { closeOften, expectNothingLeft, IS_FULL, TIMEOUT_MS };
