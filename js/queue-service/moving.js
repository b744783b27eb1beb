'use strict';

const { unlinkKeys, valuesOfKeys } = require('../many-keys.js');
const { epochMs } = require('../time.js');

/** @import { NewJob, Queue, RedisClient } from '../../index.js' */
/** @import { Failure } from '../errors.js' */

/** Jobs that are moved at once. */
const PAGE = 100;
const MOST_PRIORITY = 1000;
/** The lists of jobs that wait, whose scores are times in milliseconds. */
const LISTS = /** @type {const} */ (['waiting', 'delayed']);
/** The queue does not take such a job, so it stays where it is. */
const NEVER_TAKEN = ['E_CONFIG', 'E_IDEMPOTENCY', 'E_KEY', 'E_SERIALIZE', 'E_VALUE_TOO_LARGE'];

/** @typedef {{ id: string, job: NewJob | null }} Found A job of the list; null where nothing is left of it. */

/**
 * Moves the jobs that code before this package left in a queue. A job goes into the new queue before it leaves the old one, under a key
 * that lets it in once: an interruption, or two processes at once, neither lose nor double it.
 * @param {RedisClient} client It has no prefix.
 * @param {Queue} queue
 */
async function moveOldJobs(client, queue) {
  for (const list of LISTS) await moveList(client, queue, list);
}

/**
 * @param {RedisClient} client
 * @param {Queue} queue
 * @param {typeof LISTS[number]} list
 */
async function moveList(client, queue, list) {
  const key = `${queue.name}:${list}`;
  let left = 0;
  for (;;) {
    const found = await client.zrange(key, left, left + PAGE - 1, 'WITHSCORES');
    if (found.length === 0) return;
    const page = await readPage(client, /** @type {string[]} */ (found), list === 'delayed');
    const moved = await addPage(queue, page);
    left += page.length - moved.length;
    const [first, ...others] = moved;
    if (first === undefined) continue;
    await client.zrem(key, first, ...others);
    await unlinkKeys(
      client,
      moved.map((id) => `job:${id}`),
    );
  }
}

/**
 * @param {RedisClient} client
 * @param {readonly string[]} found Ids and scores in turn.
 * @param {boolean} isDelayed
 * @returns {Promise<Found[]>}
 */
async function readPage(client, found, isDelayed) {
  const ids = found.filter((_, position) => position % 2 === 0);
  const texts = await valuesOfKeys(
    client,
    ids.map((id) => `job:${id}`),
  );
  return ids.map((id, position) => {
    const dueMs = isDelayed ? Number(found[2 * position + 1]) : 0;
    return { id, job: jobOf(id, texts[position], dueMs) };
  });
}

/**
 * Null where the record has expired or is damaged.
 * @param {string} id
 * @param {string | null | undefined} text
 * @param {number} dueMs
 * @returns {NewJob | null}
 */
function jobOf(id, text, dueMs) {
  let record;
  try {
    record = JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
  if (typeof record?.type !== 'string') return null;
  const { type, data = null, attempts = 0, maxAttempts = 1, priority = 0 } = record;
  const most = Math.min(MOST_PRIORITY, Math.max(-MOST_PRIORITY, Math.round(Number(priority) || 0)));
  return {
    type,
    data,
    attempts: Math.max(1, Math.round(Number(maxAttempts) - Number(attempts)) || 1),
    priority: most,
    delayMs: Math.max(0, Math.round(dueMs - epochMs()) || 0),
    idempotencyKey: `moved:${id}`.slice(0, 128),
  };
}

/**
 * Answers the ids that may leave the old queue.
 * @param {Queue} queue
 * @param {readonly Found[]} page
 */
async function addPage(queue, page) {
  const jobs = page.flatMap(({ job }) => (job === null ? [] : [job]));
  try {
    await queue.addMany(jobs);
    return page.map(({ id }) => id);
  } catch (error) {
    if (!isNeverTaken(error)) throw error;
  }
  const moved = [];
  for (const { id, job } of page) if (job === null || (await isAdded(queue, job))) moved.push(id);
  return moved;
}

/**
 * @param {Queue} queue
 * @param {NewJob} job
 */
async function isAdded(queue, { type, data, ...options }) {
  try {
    await queue.add(type, data, options);
    return true;
  } catch (error) {
    if (!isNeverTaken(error)) throw error;
    return false;
  }
}

/** @param {unknown} error */
function isNeverTaken(error) {
  return NEVER_TAKEN.includes(String(/** @type {Failure} */ (error).code));
}

module.exports = { moveOldJobs };
