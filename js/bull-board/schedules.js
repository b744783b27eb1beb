'use strict';

const { asked } = require('./refusals.js');
const { HIDDEN, boardPriority } = require('./translation.js');

/** @import { AppJobScheduler, JobSchedulerRepeatOptions, JobSchedulerUpdateResult } from '@bull-board/api/dist/types.js' */

/** Between an organization and the id of its schedule, where a page shows those of all. */
const SEPARATOR = ': ';
/** The options of jobs that a schedule hands on. */
const OF_ITS_JOBS = ['attempts', 'backoff', 'priority', 'timeoutMs'];
/** What an edit of the times leaves as it is. */
const KEPT = ['startAt', 'missed', 'overlap'];

/** The schedules of a queue under the names of bull-board. */
class Schedules {
  #view;
  #hidesData;

  /**
   * @param {InstanceType<typeof import('./view.js').View>} view
   * @param {boolean} hidesData
   */
  constructor(view, hidesData) {
    this.#view = view;
    this.#hidesData = hidesData;
  }

  /** @returns {AsyncGenerator<any, void>} */
  async *#all() {
    /** @type {string | null} */
    let after = null;
    do {
      /** @type {{ schedules: any[], after: string | null }} */
      const page = await asked(this.#view.queue.schedules({ ...(after !== null && { after }) }));
      yield* page.schedules;
      after = page.after;
    } while (after !== null);
  }

  /**
   * Two organizations may use the same id, so whose it is belongs to the name where a page shows both.
   * @param {{ id: string, orgId: string | null }} schedule
   */
  #nameOf({ id, orgId }) {
    return this.#view.isBound || orgId === null ? id : `${orgId}${SEPARATOR}${id}`;
  }

  /**
   * @param {string} name
   * @returns {Promise<any>} Undefined: there is none.
   */
  async #named(name) {
    for await (const schedule of this.#all()) {
      if (this.#nameOf(schedule) === name) return schedule;
    }
    return undefined;
  }

  /** Whose it is, for calls on the whole queue. @param {{ orgId: string | null }} schedule */
  #ownerOf({ orgId }) {
    return this.#view.isBound ? {} : { orgId };
  }

  async count() {
    if (!this.#view.isBound) return (await asked(this.#view.queue.schedules({ limit: 1 }))).total;
    let count = 0;
    for await (const _ of this.#all()) count += 1;
    return count;
  }

  /** @returns {Promise<Omit<AppJobScheduler, 'queueName'>[]>} */
  async list() {
    const shown = [];
    for await (const schedule of this.#all()) shown.push(this.#shown(schedule));
    return shown;
  }

  /** @param {any} schedule */
  #shown(schedule) {
    const { orgId, attempts, priority, timeoutMs, missed, overlap } = schedule;
    return {
      id: this.#nameOf(schedule),
      name: schedule.type,
      pattern: schedule.cron,
      every: schedule.everyMs,
      tz: schedule.tz,
      limit: schedule.count,
      startDate: schedule.startAt?.getTime(),
      endDate: schedule.endAt?.getTime(),
      next: schedule.nextAt.getTime(),
      lastRun: schedule.lastAt?.getTime(),
      lastRunJobId: schedule.lastJobId ?? undefined,
      iterationCount: schedule.runs,
      template: {
        data: this.#hidesData ? HIDDEN : schedule.data,
        opts: {
          attempts,
          priority: boardPriority(priority),
          timeoutMs,
          missed,
          overlap,
          ...(orgId !== null && { group: { id: orgId } }),
        },
      },
    };
  }

  /** @param {string} name */
  async remove(name) {
    const schedule = await this.#named(name);
    if (schedule === undefined) return false;
    return asked(this.#view.queue.unschedule(schedule.id, this.#ownerOf(schedule)));
  }

  /**
   * A job at once. Answers its id, or that there is no such schedule.
   * @param {string} name
   * @returns {Promise<string | 'not-found'>}
   */
  async run(name) {
    const schedule = await this.#named(name);
    if (schedule === undefined) return 'not-found';
    const added = await asked(this.#view.queue.runSchedule(schedule.id, this.#ownerOf(schedule)));
    return added === null ? 'not-found' : added.id;
  }

  /**
   * Changes the times, and leaves the job as it is.
   * @param {string} name
   * @param {JobSchedulerRepeatOptions} repeat
   * @returns {Promise<JobSchedulerUpdateResult>}
   */
  async update(name, { pattern, every, tz, limit, endDate }) {
    const schedule = await this.#named(name);
    if (schedule === undefined) return 'not-found';
    const times = {
      ...(pattern === undefined ? { everyMs: every } : { cron: pattern, ...(tz !== undefined && { tz }) }),
      ...(limit !== undefined && { count: limit }),
      ...(endDate !== undefined && { endAt: endDate }),
      ...picked(schedule, KEPT),
    };
    const { type, data } = schedule;
    const job = { type, data, ...picked(schedule, OF_ITS_JOBS), ...this.#ownerOf(schedule) };
    try {
      await asked(this.#view.queue.schedule(schedule.id, times, job));
    } catch (error) {
      if (/** @type {any} */ (error).code !== 'E_CONFIG') throw error;
      return 'invalid-schedule';
    }
    return 'updated';
  }
}

/**
 * @param {any} from
 * @param {string[]} names
 */
function picked(from, names) {
  return Object.fromEntries(
    names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]),
  );
}

module.exports = { Schedules };
