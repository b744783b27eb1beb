'use strict';

const fs = require('node:fs');

const PAGE = 100;

const linesOf = (file) =>
  fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];

/** The lines that a process wrote; the last line of one that was killed may be a part. */
function parsed(file) {
  const read = [];
  for (const line of linesOf(file)) {
    try {
      read.push(JSON.parse(line));
    } catch {
      // Its writer ended in the middle.
    }
  }
  return read;
}

/** The ids of all jobs in a state. */
async function idsIn(queue, state) {
  const ids = new Set();
  let after;
  do {
    const page = await queue.list({ state, limit: PAGE, ...(after ? { after } : {}) });
    for (const { id } of page.jobs) ids.add(id);
    after = page.after;
  } while (after);
  return ids;
}

/** The ledger's record of each job, `{ begins, ends, isDone }`, and of the tokens that it refused. */
function readLedger(file) {
  const jobs = new Map();
  const refused = [];
  const ofNumber = new Map();
  for (const [at, what, id, fence, pid, n, outcome, isAccepted] of parsed(file)) {
    const job = jobs.get(id) ?? { runs: [], isDone: false };
    jobs.set(id, job);
    if (!ofNumber.has(n)) ofNumber.set(n, new Set());
    ofNumber.get(n).add(id);
    if (!isAccepted) refused.push({ at, what, id, fence, pid });
    else if (what === 'begin') job.runs.push({ at, id, fence, pid });
    else if (outcome === 'done') job.isDone = true;
  }
  return { jobs, refused, ofNumber };
}

/** The names of the events that workers were told of each run, by job and token. */
function readWorkers(workers) {
  const told = new Map();
  const counts = {};
  for (const { file } of workers) {
    for (const [at, event, id, fence] of parsed(file)) {
      counts[event] = (counts[event] ?? 0) + 1;
      const key = `${id}:${fence}`;
      if (!told.has(key)) told.set(key, []);
      told.get(key).push({ at, event });
    }
  }
  return { told, counts };
}

/** Why a job ran again after this run; undefined where nothing explains it. */
function causeOf({ at, id, fence, pid }, { told, causes, killed }) {
  const events = told.get(`${id}:${fence}`) ?? [];
  const has = (name) => events.some(({ event }) => event === name);
  if (has('retrying')) return 'its attempt had failed';
  if (has('released')) return 'it was handed back';
  if (has('lost')) return 'its worker was told that it had lost it';
  if (killed.has(pid)) return 'its worker was killed';
  const lost = causes.find((cause) => cause.loses && cause.at >= at);
  if (lost) return 'the server had lost its end';
  return undefined;
}

const sum = (counts) => Object.values(counts).reduce((all, count) => all + count, 0);
const shown = (counts) =>
  Object.entries(counts)
    .map(([name, count]) => `${name}: ${count}`)
    .join(', ') || 'none';
const some = (list) => JSON.stringify(list.slice(0, 3));

/** The account of a run: `{ lines, problems, figures }`. */
async function judge(chaos, { queue, reports, totals, stuck }) {
  const { causes, workers, ended, producers } = chaos;
  const { jobs, refused, ofNumber } = readLedger(chaos.file('ledger'));
  const { told, counts } = readWorkers([...workers, ...ended]);
  const killed = new Set(ended.map(({ pid }) => pid));
  const acknowledged = producers.flatMap((_, at) =>
    linesOf(chaos.file(`producer-${at}`)).map((line) => line.split(' ')),
  );
  const dead = await idsIn(queue, 'dead');
  const problems = stuck ? [stuck] : [];

  const missing = [];
  for (const [id] of acknowledged) {
    if (!jobs.get(id)?.isDone && !dead.has(id) && !(await queue.getJob(id))) missing.push(id);
  }
  if (missing.length > 0) problems.push(`${missing.length} jobs are lost: ${some(missing)}`);

  const doubled = [...ofNumber].filter(([, ids]) => ids.size > 1);
  if (doubled.length > 0)
    problems.push(`${doubled.length} jobs were added twice: ${some(doubled.map(([n]) => n))}`);

  // One that begins with a token that is not larger was given a job that is another's; one that ends so may have taken too long.
  const isTold = ({ what, id, fence }) =>
    (told.get(`${id}:${fence}`) ?? []).some(
      ({ event }) => event === 'lost' || (what === 'end' && event === 'retrying'),
    );
  const untold = refused.filter((one) => !isTold(one) && !killed.has(one.pid));
  if (untold.length > 0) {
    problems.push(`${untold.length} were refused by the ledger and not told of it: ${some(untold)}`);
  }

  const again = {};
  const unexplained = [];
  for (const { runs } of jobs.values()) {
    for (const run of runs.slice(0, -1)) {
      const cause = causeOf(run, { told, causes, killed });
      if (cause) again[cause] = (again[cause] ?? 0) + 1;
      else unexplained.push(run);
    }
  }
  if (unexplained.length > 0)
    problems.push(`${unexplained.length} ran again without a cause: ${some(unexplained)}`);
  if (acknowledged.length === 0) problems.push('no job was acknowledged');
  const losses = {
    acknowledged: acknowledged.length,
    lost: missing.length,
    untold: untold.length,
    unexplained: unexplained.length,
    doubled: doubled.length,
  };
  const refusals = reports.map(({ refused: ofProducer }) => shown(ofProducer)).join(' | ');
  const journalled = reports.reduce((all, report) => all + report.journalled, 0);
  return {
    figures: { ...losses, refused: refused.length, faults: sum(chaos.faults), again },
    problems,
    lines: [
      `acknowledged ${acknowledged.length} (${journalled} of them journalled), and not completed, waiting or dead: ${missing.length}; added twice: ${doubled.length}`,
      `refused by the ledger: ${refused.length}, of them without lost: ${untold.length}`,
      `ran again: ${sum(again) + unexplained.length} (${shown(again)}), without a cause: ${unexplained.length}`,
      `refused adds: ${refusals}; dead ${dead.size}`,
      `events: ${shown(counts)}; of the queue: ${shown(totals)}`,
      `faults: ${shown(chaos.faults)}`,
    ],
  };
}

module.exports = { judge };
