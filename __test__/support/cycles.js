'use strict';

// Measures, in a process run with --expose-gc, the leftovers of repeated opening and closing.
const fs = require('node:fs');
const { loadNative } = require('../../js/native.js');
const { until } = require('./wait');

const SAMPLES = 10;
const PATIENCE_MS = 60_000;

/** Native things that live, by kind. */
const census = () => JSON.parse(loadNative().census());

/** Threadsafe functions and sockets that libuv still knows. */
function handles() {
  const { libuv } = process.report.getReport();
  const count = (type) => libuv.filter((handle) => handle.type === type).length;
  return { async: count('async'), poll: count('poll') };
}

function threads() {
  return fs.existsSync('/proc/self/task') ? fs.readdirSync('/proc/self/task').length : 0;
}

const open = () => ({ ...census(), ...handles(), threads: threads() });

/**
 * Resident memory without garbage, in KiB. On Linux without that of files: how much of the programs' own files is in memory
 * is the kernel's choice.
 */
async function sample() {
  global.gc();
  await new Promise((resolve) => setImmediate(resolve));
  global.gc();
  if (process.platform !== 'linux') return process.memoryUsage.rss() / 1024;
  const [, anonymous] = /^RssAnon:\s+(\d+) kB$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'));
  return Number(anonymous);
}

/** The last clients that were closed go in the next turns of the loop. */
async function settled(before) {
  const isGone = () => JSON.stringify(open()) === JSON.stringify(before);
  await until(isGone, { timeoutMs: PATIENCE_MS, everyMs: 100 }).catch(() => {});
  return open();
}

async function measure(way, cycle, { cycles, before }) {
  const samples = [];
  for (let part = 0; part < SAMPLES; part += 1) {
    for (let done = 0; done < cycles / SAMPLES; done += 1) await cycle();
    samples.push(Math.round(await sample()));
  }
  return { way, after: await settled(before), samples };
}

const print = (line) => console.log(`@report ${JSON.stringify(line)}`);

/**
 * Runs each of `ways` so many `cycles` and reports for each what is open afterwards and how resident memory
 * went. The first report is what is open before, the last one what the process still has once `end` has ended all.
 */
async function measureWays(ways, { cycles, end }) {
  const before = open();
  print({ way: 'before', after: before });
  for (const [way, cycle] of Object.entries(ways)) print(await measure(way, cycle, { cycles, before }));
  await end();
  await until(() => Object.values(census()).every((count) => count === 0), { timeoutMs: PATIENCE_MS });
  print({ way: 'nothing', after: census() });
}

module.exports = { census, measureWays };
