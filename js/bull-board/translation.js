'use strict';

const { epochMs } = require('../time.js');
const { refusal } = require('./refusals.js');

/** @import { AddJob, JobBackoff, JobSnapshot, JobState } from '../../index.js' */
/** @import { JobState as BoardState, JobStatus, QueueDefaultJobOptions } from '@bull-board/api/dist/types.js' */

/** The names of states there and here. Jobs with a priority are ready as others are. */
const STATES = /** @type {const} */ ({
  active: 'active',
  waiting: 'ready',
  completed: 'completed',
  failed: 'dead',
  delayed: 'delayed',
});
const STATUSES = /** @type {(keyof typeof STATES)[]} */ (Object.keys(STATES));
const BOARD_STATES = /** @type {Record<JobState, keyof typeof STATES>} */ (
  Object.fromEntries(Object.entries(STATES).map(([there, here]) => [here, there]))
);
const MOST_PRIORITY = 1000;
/** What stands where data are hidden. */
const HIDDEN = '(hidden)';
const MS_A_SECOND = 1000;

/**
 * A state here, by the status of a list or of what is to be cleaned there. Undefined: no job of this package is in it.
 * @param {string} status
 * @returns {JobState | undefined}
 */
function stateOf(status) {
  return STATES[/** @type {keyof typeof STATES} */ (status === 'wait' ? 'waiting' : status)];
}

/**
 * The state of a job as its own page shows it. Only a job that is `prioritized` can get another priority there.
 * @param {JobSnapshot} snapshot
 * @returns {BoardState}
 */
function boardState({ state, priority }) {
  return state === 'ready' && priority !== 0 ? 'prioritized' : BOARD_STATES[state];
}

/**
 * There the lower number is first, here the higher one.
 * @param {unknown} given
 */
function priorityOf(given) {
  if (typeof given === 'number' && Number.isInteger(given) && Math.abs(given) <= MOST_PRIORITY) return -given;
  throw refusal(
    `a priority of bull-board must be an integer from 0 to ${MOST_PRIORITY} here; the lower number is first`,
  );
}

/** @param {number} priority */
function boardPriority(priority) {
  return priority === 0 ? 0 : -priority;
}

/**
 * @param {any} given
 * @returns {JobBackoff}
 */
function backoffOf(given) {
  if (typeof given === 'number') return { type: 'fixed', delayMs: given };
  const { type, delay, ...others } = given;
  return { ...others, ...(type !== undefined && { type }), ...(delay !== undefined && { delayMs: delay }) };
}

/**
 * What a delayed job waits after it was added, so that a page can tell when it is due.
 * @param {JobSnapshot} snapshot
 */
function delayOf({ dueAt, createdAt }) {
  return dueAt === undefined ? 0 : Math.max(0, dueAt.getTime() - createdAt.getTime());
}

/**
 * How each option of BullMQ is told here. What is not in the list is given to `add()` as it is, which knows its own names and says
 * which one to use in place of others.
 * @type {Record<string, (value: any) => AddJob>}
 */
const OPTIONS = {
  attempts: (attempts) => ({ attempts }),
  backoff: (backoff) => ({ backoff: backoffOf(backoff) }),
  delay: (delayMs) => ({ delayMs }),
  group: ({ id }) => ({ orgId: id }),
  jobId: (idempotencyKey) => ({ idempotencyKey }),
  priority: (priority) => ({ priority: priorityOf(priority) }),
  lifo: () => {
    throw refusal('lifo is not known here; give a priority, the lower number is first');
  },
  removeOnComplete: () => ignoredRetention('removeOnComplete'),
  removeOnFail: () => ignoredRetention('removeOnFail'),
};

/**
 * @param {string} name
 * @returns {never}
 */
function ignoredRetention(name) {
  throw refusal(`${name} is no option of a job here; the queue's option retain says what is kept`);
}

/**
 * The options of `add()`. An option that says nothing, such as `lifo: false`, is left out.
 * @param {object} given
 * @returns {AddJob}
 */
function addOptions(given) {
  const parts = Object.entries(given)
    .filter(([, value]) => value !== undefined && value !== null && value !== false)
    .map(([name, value]) => (Object.hasOwn(OPTIONS, name) ? OPTIONS[name](value) : { [name]: value }));
  return Object.assign({}, ...parts);
}

/**
 * The options of a job as a page shows them, and gives them back for a job that is to be as this one.
 * @param {JobSnapshot} snapshot
 */
function shownOptions(snapshot) {
  const { orgId, priority, maxAttempts, timeoutMs } = snapshot;
  const delay = delayOf(snapshot);
  return {
    attempts: maxAttempts,
    timeoutMs,
    ...(priority !== 0 && { priority: boardPriority(priority) }),
    ...(delay > 0 && { delay }),
    ...(orgId !== null && { group: { id: orgId } }),
  };
}

/**
 * The defaults of a queue under the names of BullMQ.
 * @param {any} defaults
 * @returns {QueueDefaultJobOptions}
 */
function defaultOptions({ attempts, backoff, delayMs, priority, retain, timeoutMs }) {
  return {
    attempts,
    delay: delayMs,
    priority: boardPriority(priority),
    backoff: { type: backoff.type, delay: backoff.delayMs },
    ...(retain?.completed !== undefined && { removeOnComplete: keptOf(retain.completed) }),
    ...(retain?.dead !== undefined && { removeOnFail: keptOf(retain.dead) }),
    timeoutMs,
  };
}

/** @param {{ count?: number, ageSeconds?: number } | false} kept */
function keptOf(kept) {
  if (kept === false) return true;
  const { count, ageSeconds } = kept;
  return { ...(count !== undefined && { count }), ...(ageSeconds !== undefined && { age: ageSeconds }) };
}

/**
 * Seconds since a time, whole ones.
 * @param {Date} time
 */
function secondsSince(time) {
  return Math.max(0, Math.round((epochMs() - time.getTime()) / MS_A_SECOND));
}

module.exports = {
  HIDDEN,
  STATUSES,
  addOptions,
  boardPriority,
  boardState,
  defaultOptions,
  delayOf,
  priorityOf,
  secondsSince,
  shownOptions,
  stateOf,
};
