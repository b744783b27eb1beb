'use strict';

const { UsageError } = require('./arguments.js');
const { namesOfQueues } = require('./queues.js');
const { withQueues } = require('./store.js');
const { aligned } = require('./table.js');

/**
 * @import { JobSnapshot, Queue } from '../../index.js'
 * @import { Run } from './arguments.js'
 * @import { OpenStore } from './store.js'
 * @typedef {(run: Run, store: OpenStore, queue: Queue) => Promise<boolean>} Action an action on one queue
 */

const TITLES = ['queue', 'ready', 'delayed', 'active', 'completed', 'dead', 'workers', ''];
const DEAD_TITLES = ['id', 'type', 'organization', 'attempts', 'since', 'error'];
/** Jobs of a page, and of a list without `--limit`. */
const PAGE = 100;
const LIMIT = 100;

/** @type {Record<string, Action>} */
const ACTIONS = { dead, redrive, pause, resume, drain };

/**
 * Lists queues, shows jobs, and does what operators do.
 * @param {Run} run
 */
function queue(run) {
  const [action, ...ids] = run.operands;
  if (action !== 'ls' && action !== 'show' && !Object.hasOwn(ACTIONS, action)) {
    const known = ['ls', 'show', ...Object.keys(ACTIONS)].join(', ');
    throw new UsageError(
      `there is no action ${JSON.stringify(action)} of orgcache queue; there are ${known}`,
    );
  }
  if (action === 'show' ? ids.length !== 1 : ids.length > 0 && action !== 'redrive') {
    throw new UsageError(
      action === 'show'
        ? 'orgcache queue show needs the id of a job'
        : `orgcache queue ${action} takes no ids`,
    );
  }
  if (run.queue === undefined && Object.hasOwn(ACTIONS, action)) {
    throw new UsageError(`orgcache queue ${action} needs --queue`);
  }
  return withQueues(run, async (store) => {
    const names = await namesOfQueues(store);
    if (run.queue !== undefined && !names.includes(run.queue)) throw unknownQueue(names);
    const meant = run.queue === undefined ? names : [run.queue];
    if (action === 'ls') return list(run, store, meant);
    if (action === 'show') return show(run, store, meant, ids[0]);
    return ACTIONS[action](run, store, store.createQueue(meant[0]));
  });
}

/** @param {string[]} names */
function unknownQueue(names) {
  return new Error(`there is no such queue; there are ${names.join(', ') || 'none'}`);
}

/**
 * @param {Run} run
 * @param {OpenStore} store
 * @param {string[]} names
 */
async function list({ json, say, note }, store, names) {
  const queues = [];
  for (const name of names) {
    const asked = store.createQueue(name);
    queues.push({ name, isPaused: await asked.isPaused(), ...(await asked.stats()) });
  }
  if (json) return say(JSON.stringify({ prefix: store.roomPrefix, queues }, null, 2));
  const rows = queues.map(({ name, ready, delayed, active, completed, dead, workers, isPaused }) => [
    name,
    ...[ready, delayed, active, completed, dead, workers].map(String),
    isPaused ? 'paused' : '',
  ]);
  if (rows.length > 0) for (const line of aligned([TITLES, ...rows], [1, 2, 3, 4, 5, 6])) await say(line);
  return note(`${queues.length} queues under the prefix ${store.roomPrefix || '(none)'}`);
}

/**
 * Ids of jobs are random, so it does not matter which queue is asked first.
 * @param {Run} run
 * @param {OpenStore} store
 * @param {string[]} names
 * @param {string} id
 */
async function show({ json, say }, store, names, id) {
  for (const name of names) {
    const job = await store.createQueue(name).getJob(id);
    if (job !== null) return say(JSON.stringify(json ? { queue: name, job } : job, null, 2));
  }
  throw new Error('there is no such job');
}

/** @type {Action} */
async function dead(run, _store, asked) {
  const { json, limit = LIMIT, org, type, say, note } = run;
  /** @type {JobSnapshot[]} */
  const jobs = [];
  let after;
  do {
    /** @type {Awaited<ReturnType<Queue['list']>>} */
    const page = await asked.list({ state: 'dead', limit: PAGE, ...given({ orgId: org, type, after }) });
    jobs.push(...page.jobs);
    after = page.after ?? undefined;
  } while (after !== undefined && jobs.length < limit);
  const shown = jobs.slice(0, limit);
  const isComplete = after === undefined && shown.length === jobs.length;
  if (json) return say(JSON.stringify({ queue: asked.name, jobs: shown, isComplete }, null, 2));
  const rows = shown.map(({ id, type, orgId, attempt, finishedAt, error }) => [
    id,
    type,
    orgId ?? '(none)',
    String(attempt),
    finishedAt?.toISOString() ?? '',
    String(error?.message ?? '').split('\n')[0],
  ]);
  if (rows.length > 0) for (const line of aligned([DEAD_TITLES, ...rows], [3])) await say(line);
  return note(
    `${shown.length} dead jobs of ${asked.name}${isComplete ? '' : ', and there are more (--limit)'}`,
  );
}

/** @type {Action} */
async function redrive({ operands, json, limit = LIMIT, org, type, say }, _store, asked) {
  const ids = operands.slice(1);
  let count = 0;
  if (ids.length === 0) {
    count = await asked.retry({ state: 'dead', limit, ...given({ orgId: org, type }) });
  } else {
    for (const id of ids) count += await asked.retry(id);
  }
  await say(
    json ? JSON.stringify({ queue: asked.name, ready: count }, null, 2) : `${count} jobs are ready again`,
  );
  return ids.length === 0 || count === ids.length;
}

/** @type {Action} */
async function pause(run, _store, asked) {
  await asked.pause(given({ orgId: run.org }));
  return tellPaused(run, asked, true);
}

/** @type {Action} */
async function resume(run, _store, asked) {
  await asked.resume(given({ orgId: run.org }));
  return tellPaused(run, asked, false);
}

/**
 * @param {Run} run
 * @param {Queue} asked
 * @param {boolean} isPaused
 */
function tellPaused({ json, org, say }, asked, isPaused) {
  if (json) return say(JSON.stringify({ queue: asked.name, organization: org ?? null, isPaused }, null, 2));
  const what = org === undefined ? asked.name : `the organization in ${asked.name}`;
  return say(isPaused ? `${what} is paused` : `${what} goes on`);
}

/** @type {Action} */
async function drain({ delayed = false, json, org, say }, _store, asked) {
  const removed = await asked.drain({ delayed, ...given({ orgId: org }) });
  return say(json ? JSON.stringify({ queue: asked.name, removed }, null, 2) : `removed ${removed} jobs`);
}

/**
 * The options that were given.
 * @template {Record<string, unknown>} Options
 * @param {Options} options
 * @returns {any}
 */
function given(options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

module.exports = { queue };
