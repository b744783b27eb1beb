'use strict';

const { protocol } = require('../protocol.js');
const { epochMs } = require('../time.js');
const { innerOf } = require('../queue/inner.js');

/** @import { JobCounts, JobSnapshot, JobState, QueueLimits } from '../../index.js' */

const { boardEraseMs, boardJobsCounted } = protocol.limits;
/** What `list()` answers at most. */
const PAGE = 100;
/** What `clean()` removes at most in one call. */
const MOST_CLEANED = 1_000_000;

/**
 * @typedef {object} Limits
 * @property {number | null} concurrency
 * @property {{ max: number, perMs: number } | null} rate
 * @property {number} heldMs For how long no further job begins.
 */

/** A queue, or what one organization has of it, as a page looks at it. */
class View {
  /** `any`: the two kinds of queues have methods of different types. */
  queue;
  /** Undefined: the whole queue. */
  orgId;
  #room;

  /** @param {any} queue */
  constructor(queue) {
    this.#room = innerOf(queue);
    this.queue = queue;
    this.orgId = /** @type {string | null | undefined} */ (queue.orgId);
  }

  get isBound() {
    return this.orgId !== undefined;
  }

  get defaults() {
    return this.#room.defaults;
  }

  /**
   * The jobs of a state at places from 0, the first and the last one.
   * @param {JobState} state
   * @param {number} from
   * @param {number} to
   * @returns {Promise<JobSnapshot[]>}
   */
  async jobs(state, from, to) {
    // The places of one organization's jobs are only known to who has gone through those of all.
    const isFiltered = this.isBound && state !== 'ready';
    const skipped = isFiltered ? from : 0;
    const wanted = to - from + 1 + skipped;
    /** @type {JobSnapshot[]} */
    const found = [];
    let after = isFiltered || from === 0 ? undefined : String(from);
    while (found.length < wanted) {
      const limit = isFiltered ? PAGE : Math.min(PAGE, wanted - found.length);
      const page = await this.queue.list({ state, limit, ...(after !== undefined && { after }) });
      found.push(...page.jobs);
      if (page.after === null || (isFiltered && Number(page.after) >= boardJobsCounted)) break;
      after = page.after;
    }
    return found.slice(skipped, wanted);
  }

  /** @returns {Promise<JobCounts>} */
  async counts() {
    if (!this.isBound) return this.queue.counts();
    const { ready } = await this.queue.counts();
    const states = /** @type {const} */ (['delayed', 'active', 'completed', 'dead']);
    const pages = await Promise.all(states.map((state) => this.jobs(state, 0, boardJobsCounted - 1)));
    const [delayed, active, completed, dead] = pages.map((jobs) => jobs.length);
    return { ready, delayed, active, completed, dead };
  }

  async hasActive() {
    if (!this.isBound) return (await this.queue.counts()).active > 0;
    return (await this.jobs('active', 0, 0)).length > 0;
  }

  /**
   * Does something to each job of a state that is older than so much, as many as there are now.
   * @param {JobState} state
   * @param {number} olderMs
   * @param {(job: JobSnapshot) => Promise<unknown>} act Takes the job out of the state.
   */
  async each(state, olderMs, act) {
    const before = epochMs() - olderMs;
    let left = (await this.counts())[state];
    let kept = 0;
    while (left > 0) {
      const page = await this.jobs(state, kept, kept + PAGE - 1);
      if (page.length === 0) return;
      const isMeant = (/** @type {JobSnapshot} */ job) => !(job.createdAt?.getTime() > before);
      const done = await Promise.all(page.filter(isMeant).map(act));
      // A job that has left the state by itself is not there any more either.
      kept += page.length - done.length;
      left -= page.length;
    }
  }

  /**
   * Removes jobs of a state that ended so long ago, or where they wait were added then.
   * @param {JobState} state
   * @param {number} olderThanMs
   */
  async clean(state, olderThanMs) {
    const hasEnded = state === 'completed' || state === 'dead';
    if (hasEnded && !this.isBound) {
      await this.queue.clean(state, { olderThanMs, limit: MOST_CLEANED });
      return;
    }
    await this.each(state, olderThanMs, ({ id }) => this.queue.remove(id));
  }

  /** Removes all that the queue has of the organization, and what its handlers have left that end now. */
  async erase() {
    const active = await this.jobs('active', 0, boardJobsCounted - 1);
    await this.queue.eraseOrganization();
    if (active.length === 0) return;
    const timeoutMs = boardEraseMs;
    await Promise.allSettled(active.map(({ id }) => this.queue.wait(id, { timeoutMs })));
    await this.queue.eraseOrganization();
  }

  /** @returns {Promise<Limits>} */
  async limits() {
    if (!this.isBound) return this.queue.limits();
    const organizations = await this.#room.ask('organizations', {});
    const own = organizations.find((/** @type {{ orgId: unknown }} */ { orgId }) => orgId === this.orgId);
    return { concurrency: own?.concurrency ?? null, rate: own?.rate ?? null, heldMs: 0 };
  }

  /** @param {QueueLimits} limits */
  setLimits(limits) {
    return this.isBound ? this.queue.setOrganization(limits) : this.queue.setLimits(limits);
  }

  /** What the server says of itself; null where the queue is in this process. */
  async info() {
    if ((await this.queue.healthCheck()).embedded) return null;
    const client = this.#room.redis();
    if (!client.isCluster) return client.info();
    const { clusterInfo } = require('@bull-board/api/dist/queueAdapters/clusterInfo.js');
    return clusterInfo(client);
  }
}

module.exports = { View };
