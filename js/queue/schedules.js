'use strict';

const { toJson } = require('../cache-calls.js');
const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { checkText, organizationFor, splitOptions } = require('./given.js');

/** @import { QueueCallOptions, Schedule } from '../../index.js' */

/** @typedef {InstanceType<typeof import('./room.js').Room>} Room */

/**
 * The organization of calls on a bound queue; undefined on the queue itself.
 * @typedef {string | null | undefined} Bound
 */

const TIMES = /** @type {const} */ (['startAt', 'endAt', 'nextAt', 'lastAt']);

/** The calls of a queue that concern its schedules. types/queue-schedules.d.ts says what each promises. */
class QueueSchedules {
  #room;
  /** @type {Bound} */
  #orgId;

  /**
   * @param {Room} room
   * @param {Bound} orgId
   */
  constructor(room, orgId) {
    this.#room = room;
    this.#orgId = orgId;
  }

  /**
   * @param {string} id
   * @param {unknown} times
   * @param {unknown} job
   * @param {QueueCallOptions} [options]
   */
  async schedule(id, times, job, options) {
    const { signal, others } = splitOptions(options);
    refuseUnknown(Object.keys(others), [], 'the option');
    const { type, data, orgId, ...rest } = objectOf(job, 'the job of a schedule', '{ type, data }');
    const given = {
      id: idOf(id),
      times: withTimes(objectOf(times, 'the times of a schedule', "{ cron: '30 2 * * *' }")),
      type: checkText(type, 'the type of a job'),
      data: toJson(data),
      options: rest,
    };
    const organization = organizationFor(orgId, this.#orgId, this.#room.requiresOrganization);
    return this.#room.ask('schedule', { ...given, orgId: organization ?? null }, signal, withDates);
  }

  /**
   * @param {string} id
   * @param {unknown} [options]
   */
  async unschedule(id, options) {
    return this.#ask('unschedule', { id: idOf(id) }, options, ['orgId']);
  }

  /**
   * @param {string} id
   * @param {unknown} [options]
   */
  async runSchedule(id, options) {
    return this.#ask('runSchedule', { id: idOf(id) }, options, ['orgId']);
  }

  /** @param {unknown} [options] */
  async schedules(options) {
    const read = (/** @type {any} */ { schedules, ...told }) => ({
      schedules: schedules.map(scheduleOf),
      ...told,
    });
    return this.#ask('schedules', {}, options, ['after', 'limit', 'orgId'], read);
  }

  /**
   * @param {'unschedule' | 'runSchedule' | 'schedules'} what
   * @param {Record<string, any>} given
   * @param {unknown} options
   * @param {string[]} known
   * @param {(value: any) => unknown} [read]
   * @returns {Promise<any>}
   */
  async #ask(what, given, options, known, read) {
    const { signal, others } = splitOptions(options);
    refuseUnknown(Object.keys(others), known, 'the option');
    const bound = this.#orgId === undefined ? {} : { orgId: this.#orgId };
    return this.#room.ask(what, { ...others, ...given, ...bound }, signal, read);
  }
}

/** @param {unknown} id */
function idOf(id) {
  return checkText(id, 'the id of a schedule');
}

/**
 * @param {unknown} given
 * @param {string} what
 * @param {string} example
 * @returns {Record<string, any>}
 */
function objectOf(given, what, example) {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given;
  throw new OrgCacheError('E_CONFIG', `${what} must be an object, e.g. ${example}`);
}

/**
 * Dates become milliseconds since 1970. What is none of both is left to native code.
 * @param {Record<string, any>} times
 */
function withTimes(times) {
  const given = { ...times };
  for (const name of /** @type {const} */ (['startAt', 'endAt'])) {
    const isDate = Object.prototype.toString.call(given[name]) === '[object Date]';
    if (isDate) given[name] = Number(given[name]);
  }
  return given;
}

/**
 * Milliseconds since 1970 become Dates.
 * @param {any} told
 */
function withDates(told) {
  const given = { ...told };
  for (const name of TIMES) if (typeof told[name] === 'number') given[name] = new Date(told[name]);
  return given;
}

/**
 * A schedule as it is stored.
 * @param {any} told
 * @returns {Schedule<any>}
 */
function scheduleOf(told) {
  return withDates({ ...told, orgId: told.orgId ?? null });
}

module.exports = { QueueSchedules };
