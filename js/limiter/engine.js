'use strict';

const { OrgCacheError, makeError } = require('../errors.js');
const { loadNative } = require('../native.js');
const { optionsText } = require('../options.js');
const { head, protocol } = require('../protocol.js');
const { nextTick, now } = require('../time.js');
const { TurnoverMap } = require('../turnover.js');
const { Batch } = require('./batch.js');
const { Hearing } = require('./hearing.js');
const { Refusals } = require('./refusals.js');

/** @import { LimiterStats, Policy } from '../../types/limiter.js' */
/** @import { Outcomes } from './decision.js' */

/** @typedef {InstanceType<typeof import('../bridge.js').Bridge>} Bridge */
/** @typedef {InstanceType<typeof Batch>} Gathered */
/**
 * @typedef {'burst' | 'leaseSeconds' | 'period' | 'reserve' | 'windowSeconds'} OfSome Options of some algorithms.
 * @typedef {Required<Omit<Policy, OfSome>> & Pick<Policy, OfSome>} WholePolicy
 */

/**
 * The options with all defaults, as native code answers them.
 * @typedef {object} Normalized
 * @property {(WholePolicy & { name: string })[]} policies In the order of their numbers.
 * @property {string} namespace
 * @property {number} decisionMs
 * @property {number} localDenySeconds
 * @property {number} ipv6Prefix
 */

/**
 * @typedef {Normalized & { channel: string, holdsLong: boolean, limiter: number, isClustered: boolean, warnSecret: boolean }} Opened
 */

const verbs = protocol.verbs.limiter;
const { client: native } = loadNative();
const { maxChecks: MOST_IN_A_BATCH } = protocol.limiter;
/**
 * Number of checks in a tick after which a batch crosses. It doubles with each crossing in the tick: the server works
 * on the first checks while JavaScript makes the others, and many callers still share few scripts.
 */
const FIRST_BATCH = 16;
/** What these calls change may admit what was refused. */
const FORGETTING = new Set([verbs.refund, verbs.giveBack, verbs.reset, verbs.unblock]);

/** The native side of one limiter: opened with the first call, and again if the client is another one. */
class Engine {
  #bridge;
  #options;
  #onOpen;
  #decide;
  #onClosing;
  #hearing;
  #channel = '';
  /** @type {number | undefined} */
  #client;
  #limiter = 0;
  #isClosed = false;
  /** @type {Promise<void> | undefined} */
  #closing;
  isClustered = false;
  /** Refusals of native code that hold for a while. */
  refusals = new Refusals();
  #endClosing;
  #endReports;
  #endErasures;
  /**
   * The batch of this tick. In a cluster there is one for each organization, and for each identifier without one.
   * @type {InstanceType<typeof TurnoverMap<string, Gathered>>}
   */
  #batches = new TurnoverMap();
  #isScheduled = false;
  #batchSize = FIRST_BATCH;
  #underWay = 0;
  /** @type {((nothing: void) => void)[]} */
  #whenIdle = [];
  #flush = () => {
    this.#isScheduled = false;
    this.#batchSize = FIRST_BATCH;
    this.flush();
  };

  /**
   * @param {object} parts
   * @param {Bridge} parts.bridge
   * @param {() => InstanceType<typeof import('../topic/hub.js').Hub>} parts.hub
   * @param {() => object} parts.options The options of `open`, as they are then.
   * @param {(opened: Opened) => void} parts.onOpen
   * @param {import('./batch.js').Decide} parts.decide
   * @param {() => Promise<void>} [parts.onClosing] Makes the last calls.
   */
  constructor({ bridge, hub, options, onOpen, decide, onClosing = async () => {} }) {
    this.#bridge = bridge;
    this.#options = options;
    this.#onOpen = onOpen;
    this.#decide = decide;
    this.#onClosing = onClosing;
    this.#hearing = new Hearing(hub, (said) => this.#hear(said));
    this.#endClosing = bridge.onClose(onClosing);
    this.#endReports = bridge.onReport(() => this.#tellRefusals());
    this.#endErasures = bridge.onErase(() => {
      this.refusals.forget();
      return { name: 'limits', entries: 0 };
    });
  }

  /** Whether native code has this limiter. */
  get isOpen() {
    return this.#client !== undefined && this.#client === this.#bridge.client;
  }

  /** Whether calls are made no more, or will not be soon. */
  get isClosing() {
    return this.#isClosed || this.#bridge.isClosed;
  }

  /** The limiter's number. Opens the client and the limiter if necessary. */
  open() {
    if (this.#isClosed) throw new OrgCacheError('E_CLOSED', 'the limiter was closed');
    const client = this.#bridge.open();
    if (client === this.#client) return this.#limiter;
    /** @type {Opened} */
    const opened = JSON.parse(this.#now(verbs.open, [optionsText(this.#options())]));
    this.#limiter = opened.limiter;
    this.#channel = opened.localDenySeconds > 0 ? opened.channel : '';
    this.#hearing.forgetsAtFirst = opened.holdsLong;
    this.isClustered = opened.isClustered;
    this.#client = client;
    this.refusals.forget();
    this.#onOpen(opened);
    return this.#limiter;
  }

  /**
   * A call that native code answers at once, without a connection.
   * @param {number} verb
   * @param {unknown[]} values
   * @returns {any}
   */
  #now(verb, values) {
    return native.answer(this.#bridge.open(), head(verb, 0, values.length), ...values);
  }

  /**
   * Replaces a policy. Calls that were made before still meet the old one.
   * @param {number} policy
   * @param {object} whole
   */
  update(policy, whole) {
    if (!this.isOpen || this.#isClosed || this.#bridge.isClosed) return;
    this.flush();
    this.refusals.forget();
    this.#now(verbs.update, [this.#limiter, policy, optionsText(whole)]);
  }

  /** @returns {Omit<LimiterStats, 'namespace' | 'bypassed'>} */
  stats() {
    const limiter = this.open();
    this.#tellRefusals();
    return JSON.parse(this.#now(verbs.stats, [limiter]));
  }

  /** Native code counts decisions, and is told of the refusals from memory before anybody asks it for numbers. */
  #tellRefusals() {
    if (!this.isOpen || this.#isClosed || this.#bridge.isClosed) return;
    this.refusals.tell((policy, limited, blocked) => {
      this.#now(verbs.denied, [this.#limiter, policy, limited, blocked]);
    });
  }

  /**
   * Another process has ended refusals of an identifier, or may have ended any.
   * @param {string} said
   */
  #hear(said) {
    if (!this.isOpen || this.isClosing) return;
    this.#now(verbs.heard, [this.#limiter, said]);
    this.refusals.forget();
  }

  /**
   * A consume was refused: from now on this process hears who ends refusals. One of one check is remembered, unless something
   * has changed since its batch was sent.
   * @param {Outcomes} outcomes
   * @param {number} index The place of the first check in the batch.
   * @param {number} to The place behind the last one.
   * @param {Gathered} batch
   * @param {number} call The place of the consume in the batch.
   */
  remember(outcomes, index, to, batch, call) {
    if (this.#channel !== '' && !this.#bridge.isEmbedded) this.#hearing.begin(this.#channel);
    if (to - index > 1) return;
    if (batch.generation !== this.refusals.generation) return;
    const { policies, arguments: values, starts, sentAtMs } = batch;
    this.refusals.remember(outcomes, index, {
      policy: policies[index],
      values,
      start: starts[call],
      sentAtMs,
    });
  }

  /** @param {number} policy */
  countBypass(policy) {
    this.#now(verbs.bypassed, [this.open(), policy]);
  }

  /**
   * A check of a call over several slots is admitted, and leaves `remaining`.
   * @param {number} policy
   * @param {number} remaining
   */
  countAdmitted(policy, remaining) {
    if (!this.isOpen || this.#bridge.isClosed) return;
    this.#now(verbs.admitted, [this.#limiter, policy, remaining]);
  }

  /**
   * The batch of this tick with room for some checks of one slot. The limiter is open.
   * @param {string} slot
   * @param {number} checks
   */
  batchFor(slot, checks) {
    let batch = this.#batches.get(slot);
    if (batch !== undefined && batch.size + checks > MOST_IN_A_BATCH) {
      this.#batches.delete(slot);
      this.#send(batch);
      batch = undefined;
    }
    if (batch === undefined) {
      batch = new Batch(this.#limiter, this.#decide);
      this.#batches.set(slot, batch);
    }
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      nextTick(this.#flush);
    }
    return batch;
  }

  /**
   * Sends a batch now if it is large enough, instead of at the end of the tick.
   * @param {string} slot
   * @param {Gathered} batch
   */
  sendIfLarge(slot, batch) {
    if (batch.size < this.#batchSize) return;
    this.#batchSize = Math.min(2 * this.#batchSize, MOST_IN_A_BATCH);
    this.#batches.delete(slot);
    this.#send(batch);
    this.#bridge.submitNow();
  }

  /** Sends the calls of this tick. */
  flush() {
    if (this.#batches.size === 0) return;
    const batches = [...this.#batches.values()];
    // Listeners may consume while outcomes settle. Their checks must not join a batch that has gone.
    this.#batches.clear();
    for (const batch of batches) this.#send(batch);
    this.#bridge.submitNow();
  }

  /** @param {Gathered} batch */
  #send(batch) {
    // The one check that it was made for may have been refused.
    if (batch.size === 0) return;
    batch.sentAtMs = now();
    batch.generation = this.refusals.generation;
    this.#call(verbs.consume, 0, batch.arguments, batch.settle, batch.fail);
  }

  /**
   * A call that is not batched. The batches of this tick are sent first, so the order of calls is kept.
   * @param {number} verb
   * @param {number} detail
   * @param {unknown[]} values The arguments behind the limiter's number.
   * @param {(outcome: any) => void} [see] Called with the outcome at once, before a close goes on that waits for the call.
   * @returns {Promise<any>}
   */
  call(verb, detail, values, see = undefined) {
    const forgets = FORGETTING.has(verb);
    const called = new Promise((resolve, reject) => {
      const limiter = this.open();
      this.flush();
      if (forgets) this.refusals.forget();
      const settle = (/** @type {any} */ outcome) => {
        see?.(outcome);
        resolve(outcome);
      };
      this.#call(verb, detail, [limiter, ...values], settle, reject);
    });
    if (!forgets) return called;
    // In a cluster a check that was sent later may have been answered sooner.
    return called.finally(() => this.refusals.forget());
  }

  /**
   * @param {number} verb
   * @param {number} detail
   * @param {unknown[]} values
   * @param {(outcome: any) => void} resolve
   * @param {(error: unknown) => void} reject
   */
  #call(verb, detail, values, resolve, reject) {
    const bridge = this.#bridge;
    const word = head(verb, detail, values.length);
    if (bridge.isClosed) return reject(new OrgCacheError('E_CLOSED', 'the cache was shut down'));
    if (bridge.isEmbedded) {
      let outcome;
      try {
        outcome = native.answer(bridge.open(), word, ...values);
      } catch (error) {
        return reject(error);
      }
      return resolve(typeof outcome === 'string' ? bridge.parse(outcome) : outcome);
    }
    this.#cross(word, values, resolve, reject);
  }

  /**
   * @param {number} word
   * @param {unknown[]} values
   * @param {(outcome: any) => void} resolve
   * @param {(error: unknown) => void} reject
   */
  #cross(word, values, resolve, reject) {
    this.#underWay++;
    this.#bridge.callTo(
      word,
      values,
      (outcome) => {
        resolve(outcome);
        this.#ended();
      },
      (error) => {
        reject(error);
        this.#ended();
      },
    );
  }

  /**
   * Ends a lease, also while the client closes. Never rejects: native code tells Redis later what it could not tell at once.
   * @param {number} lease
   * @returns {Promise<void>}
   */
  release(lease) {
    return new Promise((resolve) => {
      const [client, values] = [this.#client, [this.#limiter, lease]];
      // The client that granted it has gone, and has ended it.
      if (client === undefined || client !== this.#bridge.client) return resolve();
      const word = head(verbs.release, 0, values.length);
      if (!this.#bridge.isEmbedded)
        return this.#cross(
          word,
          values,
          () => resolve(),
          () => resolve(),
        );
      try {
        native.answer(client, word, ...values);
      } catch {
        // The limiter was closed, and has ended it.
      }
      resolve();
    });
  }

  #ended() {
    this.#underWay--;
    if (this.#underWay === 0) for (const resume of this.#whenIdle.splice(0)) resume();
  }

  /** @returns {Promise<void>} */
  #idle() {
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** Lets calls under way settle, then frees the native side. */
  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close() {
    this.#tellRefusals();
    this.#endReports();
    this.#endErasures();
    this.#isClosed = true;
    this.flush();
    if (this.#underWay > 0) await this.#idle();
    await this.#onClosing();
    this.#hearing.end();
    this.#endClosing();
    if (this.isOpen && !this.#bridge.isClosed) this.#now(verbs.close, [this.#limiter]);
  }
}

/**
 * The options with all defaults. Throws `E_CONFIG` for a value that is not allowed. Starts nothing.
 * @param {object} options
 * @returns {Normalized}
 */
function normalized(options) {
  const text = optionsText(options);
  return JSON.parse(/** @type {string} */ (loadNative().alone(makeError, head(verbs.normalize, 0, 1), text)));
}

module.exports = { Engine, normalized, verbs };
