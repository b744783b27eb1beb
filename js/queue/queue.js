'use strict';

const { abortable } = require('../abort.js');
const { toJson } = require('../cache-calls.js');
const { OrgCacheError } = require('../errors.js');
const { WAITING, optionsText, refuseUnknown, timeoutOf } = require('../options.js');
const { readingOf } = require('./events.js');
const { checkOrganization, checkText, organizationFor, splitOptions } = require('./given.js');
const { INNER } = require('./inner.js');
const { snapshotOf } = require('./job.js');
const { OF_AN_ORGANIZATION } = require('./of-an-organization.js');
const { Room } = require('./room.js');
const { QueueSchedules } = require('./schedules.js');
const { statsOf } = require('./statistics.js');
const { resultOf } = require('./waited.js');

/** @import { QueueCallOptions } from '../../index.js' */
/** @import { Parts } from './room.js' */

/**
 * Options of calls beside `signal`. Native code checks their values.
 * @type {Partial<Record<Asked, string[]>>}
 */
const OPTIONS = {
  cancel: ['reason'],
  clean: ['limit', 'olderThanMs'],
  counts: ['orgId'],
  drain: ['delayed', 'orgId'],
  isPaused: ['orgId'],
  list: ['after', 'limit', 'orgId', 'state', 'type'],
  obliterate: ['force'],
  pause: ['orgId'],
  reschedule: ['delayMs'],
  resume: ['orgId'],
  totals: ['minutes', 'orgId'],
  wait: ['timeoutMs'],
};
/**
 * What native code answers where there is no such job.
 * @type {Partial<Record<Asked, unknown>>}
 */
const UNKNOWN = {
  cancel: 'unknown',
  get: null,
  promote: false,
  remove: false,
  reschedule: false,
  retry: 0,
  setPriority: false,
  update: false,
  wait: { state: 'unknown' },
};
const KEY_NAMES = ['idempotencyKey', 'orgId'];
const FILTER_NAMES = ['limit', 'orgId', 'state', 'type'];

/** @typedef {Parameters<InstanceType<typeof Room>['ask']>[0]} Asked */

/**
 * The organization of calls on a bound queue; undefined on the queue itself.
 * @typedef {string | null | undefined} Bound
 */

/** A queue of jobs. types/queue.d.ts says what each method promises. */
class Queue extends QueueSchedules {
  #room;
  /** @type {Bound} */
  #orgId;

  /**
   * @param {InstanceType<typeof Room>} room
   * @param {Bound} orgId
   */
  constructor(room, orgId) {
    super(room, orgId);
    this.#room = room;
    this.#orgId = orgId;
  }

  get name() {
    return this.#room.name;
  }

  /** @returns {Bound} */
  get orgId() {
    return this.#orgId;
  }

  get [INNER]() {
    return this.#room;
  }

  /**
   * What a call asks for, of the bound organization if there is one.
   * @param {Record<string, any>} given
   */
  #bound(given) {
    return this.#orgId === undefined ? given : { ...given, orgId: this.#orgId };
  }

  /**
   * @param {Asked} what
   * @param {Record<string, any>} given
   * @param {unknown} options
   * @param {(value: any) => unknown} [read]
   * @returns {Promise<any>}
   */
  async #ask(what, given, options, read) {
    const { signal, others } = splitOptions(options);
    refuseUnknown(Object.keys(others), OPTIONS[what] ?? [], 'the option');
    return this.#room.ask(what, this.#bound({ ...others, ...given }), signal, read);
  }

  /**
   * About one job. On a bound queue the job of another organization is as unknown as one that never was: whose it is never
   * changes, so it is enough to look before.
   * @param {Asked} what
   * @param {{ id: string } & Record<string, unknown>} given
   * @param {unknown} options
   * @param {(value: any) => unknown} [read]
   * @returns {Promise<any>}
   */
  async #askOfJob(what, given, options, read = asItIs) {
    const { signal, others } = splitOptions(options);
    refuseUnknown(Object.keys(others), OPTIONS[what] ?? [], 'the option');
    if (this.#orgId !== undefined) {
      const job = await this.#room.ask('get', { id: given.id }, signal, snapshotOf);
      if (job?.orgId !== this.#orgId) return read(UNKNOWN[what]);
    }
    return this.#room.ask(what, { ...others, ...given }, signal, read);
  }

  /**
   * A job's organization: that of the bound queue, which no option changes.
   * @param {unknown} given
   */
  #organizationOf(given) {
    return organizationFor(given, this.#orgId, this.#room.requiresOrganization);
  }

  /**
   * No `async` function: its promise of a promise would cost each job two more.
   * @param {string} type
   * @param {unknown} data
   * @param {unknown} [options]
   * @returns {Promise<any>}
   */
  add(type, data, options) {
    try {
      const name = checkText(type, 'the type of a job');
      if (options === undefined) {
        return this.#room.addOne(name, this.#organizationOf(undefined), toJson(data), undefined, undefined);
      }
      const { signal, others } = splitOptions(options, '{ priority: 5 }');
      const { orgId, ...rest } = others;
      const text = Object.keys(rest).length === 0 ? undefined : optionsText(rest);
      return this.#room.addOne(name, this.#organizationOf(orgId), toJson(data), text, signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * @param {readonly any[]} jobs
   * @param {QueueCallOptions} [options]
   */
  async addMany(jobs, options) {
    const { signal, others } = splitOptions(options);
    refuseOthers(others);
    if (!Array.isArray(jobs))
      throw new OrgCacheError('E_ARGUMENT', 'addMany() takes a list of jobs { type, data }');
    /** @type {unknown[]} */
    const values = [];
    for (const job of jobs) this.#enter(job, values);
    return values.length === 0 ? [] : this.#room.add(values, signal);
  }

  /**
   * @param {any} job
   * @param {unknown[]} values
   */
  #enter(job, values) {
    if (typeof job !== 'object' || job === null) {
      throw new OrgCacheError('E_ARGUMENT', 'a job of addMany() must be an object { type, data }');
    }
    const { type, data, ...options } = job;
    const { orgId, ...rest } = splitOptions(options).others;
    const text = Object.keys(rest).length === 0 ? undefined : optionsText(rest);
    values.push(checkText(type, 'the type of a job'), this.#organizationOf(orgId), toJson(data), text);
  }

  /**
   * @param {string | { idempotencyKey: string, orgId?: string | null }} idOrKey
   * @param {QueueCallOptions} [options]
   */
  async getJob(idOrKey, options) {
    const given = namedOr(idOrKey, KEY_NAMES);
    if (given.idempotencyKey !== undefined) checkText(given.idempotencyKey, 'the idempotency key');
    if (given.id !== undefined) return this.#askOfJob('get', { id: given.id }, options, snapshotOf);
    return this.#ask('get', given, options, snapshotOf);
  }

  /** @param {unknown} [given] */
  list(given) {
    return this.#ask('list', {}, given, ({ jobs, after }) => ({ jobs: jobs.map(snapshotOf), after }));
  }

  /** @param {unknown} [given] */
  counts(given) {
    return this.#ask('counts', {}, given);
  }

  /** @param {QueueCallOptions} [options] */
  organizations(options) {
    return this.#ask('organizations', {}, options);
  }

  /** @param {QueueCallOptions} [options] */
  workers(options) {
    const read = (/** @type {any[]} */ told) =>
      told.map((worker) => ({ ...worker, seenAt: new Date(worker.seenAt) }));
    return this.#ask('workers', {}, options, read);
  }

  /** @param {unknown} [options] */
  stats(options) {
    return this.#ask('totals', {}, options, statsOf);
  }

  /** @param {QueueCallOptions} [options] */
  healthCheck(options) {
    return this.#ask('health', {}, options);
  }

  /**
   * @param {string} id
   * @param {unknown} [given]
   */
  async wait(id, given) {
    return this.#askOfJob('wait', { id: idOf(id) }, given, resultOf);
  }

  /**
   * @param {string} id
   * @param {unknown} [given]
   */
  async cancel(id, given) {
    return this.#askOfJob('cancel', { id: idOf(id) }, given);
  }

  /**
   * @param {string} id
   * @param {QueueCallOptions} [options]
   */
  async remove(id, options) {
    return this.#askOfJob('remove', { id: idOf(id) }, options);
  }

  /**
   * @param {string} id
   * @param {QueueCallOptions} [options]
   */
  async promote(id, options) {
    return this.#askOfJob('promote', { id: idOf(id) }, options);
  }

  /**
   * @param {string} id
   * @param {unknown} given
   */
  async reschedule(id, given) {
    if (typeof given !== 'object' || given === null || !('delayMs' in given || 'runAt' in given)) {
      throw new OrgCacheError('E_CONFIG', 'reschedule() takes { delayMs } or { runAt }');
    }
    return this.#askOfJob('reschedule', { id: idOf(id) }, given);
  }

  /**
   * @param {string} id
   * @param {number} priority
   * @param {QueueCallOptions} [options]
   */
  async setPriority(id, priority, options) {
    return this.#askOfJob('setPriority', { id: idOf(id), priority }, options);
  }

  /**
   * @param {string} id
   * @param {unknown} data
   * @param {QueueCallOptions} [options]
   */
  async update(id, data, options) {
    return this.#askOfJob('update', { id: idOf(id), data: toJson(data) }, options);
  }

  /**
   * @param {string | object} idOrFilter
   * @param {QueueCallOptions} [options]
   */
  async retry(idOrFilter, options) {
    const given = namedOr(idOrFilter, FILTER_NAMES);
    if (given.id !== undefined) return this.#askOfJob('retry', { id: given.id }, options);
    return this.#ask('retry', given, options);
  }

  /** @param {unknown} [given] */
  pause(given) {
    return this.#ask('pause', {}, given, nothing);
  }

  /** @param {unknown} [given] */
  resume(given) {
    return this.#ask('resume', {}, given, nothing);
  }

  /** @param {unknown} [given] */
  isPaused(given) {
    return this.#ask('isPaused', {}, given);
  }

  /** @param {unknown} [given] */
  drain(given) {
    return this.#ask('drain', {}, given);
  }

  /** @param {QueueCallOptions} [options] */
  limits(options) {
    return this.#ask('limits', {}, options);
  }

  /** @param {QueueCallOptions} [options] */
  releaseRate(options) {
    return this.#ask('releaseRate', {}, options, nothing);
  }

  /**
   * @param {object} limits
   * @param {QueueCallOptions} [options]
   */
  async setLimits(limits, options) {
    return this.#ask('setLimits', splitOptions(limits, '{ concurrency: 10 }').others, options, nothing);
  }

  /**
   * @param {string | null} orgId
   * @param {object} settings
   * @param {QueueCallOptions} [options]
   */
  async setOrganization(orgId, settings, options) {
    const others = splitOptions(settings, '{ weight: 2 }').others;
    return this.#ask('setOrganization', { ...others, orgId: named(orgId) }, options, nothing);
  }

  /**
   * @param {string | null} orgId
   * @param {QueueCallOptions} [options]
   */
  async eraseOrganization(orgId, options) {
    return this.#ask('eraseOrganization', { orgId: named(orgId) }, options);
  }

  /**
   * @param {string} state
   * @param {object} given
   */
  async clean(state, given) {
    return this.#ask('clean', { state }, given);
  }

  /** @param {unknown} [given] */
  obliterate(given) {
    return this.#ask('obliterate', {}, given, nothing);
  }

  /** @param {import('../../index.js').ReadEvents} [options] */
  events(options) {
    const { signal, ...given } = readingOf(options);
    return this.#room.events(this.#bound(given), signal);
  }

  /**
   * @param {object} limits
   * @param {(alert: any) => void} listener
   */
  watch(limits, listener) {
    return this.#room.watch(limits, listener);
  }

  /** @param {string | null} orgId */
  org(orgId) {
    return organizationQueue(this.#room, named(orgId));
  }

  /**
   * Not an async function: a second call gets the same promise.
   * @param {{ timeoutMs?: number, signal?: any }} [options]
   */
  close(options) {
    const end = () => {
      const timeoutMs = options?.timeoutMs;
      if (timeoutMs !== undefined) timeoutOf(options);
      return this.#room.close(timeoutMs);
    };
    return abortable(options, end, WAITING);
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }
}

/**
 * The methods of a queue that concern one organization alone.
 * @param {InstanceType<typeof Room>} room
 * @param {string | null} orgId
 */
function organizationQueue(room, orgId) {
  const queue = new Queue(room, orgId);
  /** @type {Record<string, any>} */
  const bound = {
    name: queue.name,
    orgId,
    setOrganization: (/** @type {object} */ settings, /** @type {any} */ options) =>
      queue.setOrganization(orgId, settings, options),
    eraseOrganization: (/** @type {any} */ options) => queue.eraseOrganization(orgId, options),
  };
  Object.defineProperty(bound, INNER, { value: room });
  for (const name of OF_AN_ORGANIZATION) {
    bound[name] = (/** @type {any[]} */ ...given) => /** @type {any} */ (queue)[name](...given);
  }
  return bound;
}

/**
 * An object with these names, or the id of a job.
 * @param {unknown} given
 * @param {string[]} names
 * @returns {Record<string, any>}
 */
function namedOr(given, names) {
  if (typeof given !== 'object' || given === null) return { id: idOf(given) };
  refuseUnknown(Object.keys(given), names, 'the option');
  return given;
}

/** @param {unknown} id */
function idOf(id) {
  return checkText(id, 'the id of a job');
}

/** @param {unknown} orgId */
function named(orgId) {
  if (orgId === undefined) {
    throw new OrgCacheError('E_KEY', 'orgId is missing; give a text, or null for the global scope');
  }
  return /** @type {string | null} */ (checkOrganization(orgId));
}

/** @param {Record<string, unknown>} others */
function refuseOthers(others) {
  const [name] = Object.keys(others);
  if (name === undefined) return;
  throw new OrgCacheError(
    'E_CONFIG',
    `the option ${name} is not known here; it belongs to a job of the list`,
  );
}

function nothing() {
  return undefined;
}

/** @param {any} value */
function asItIs(value) {
  return value;
}

/**
 * @param {unknown} name
 * @param {unknown} given
 * @param {Parts} parts
 */
function createQueue(name, given, parts) {
  const { others } = splitOptions(given, '{ attempts: 5 }');
  return new Queue(new Room(checkText(name, 'the name of a queue'), others, parts), undefined);
}

module.exports = { createQueue };
