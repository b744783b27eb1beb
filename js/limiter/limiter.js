'use strict';

const { EventEmitter } = require('node:events');
const { abortable } = require('../abort.js');
const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { acquire } = require('./acquire.js');
const { Announcements, EVENTS, FORWARDED } = require('./announcements.js');
const { Tally, isReason } = require('./bypass.js');
const { bypassDecision, decisionOf, refusal, stateOf } = require('./decision.js');
const { CHECK_FIELDS, Encoder, countedBy, isList, slotOf } = require('./encode.js');
const { Engine, normalized, verbs } = require('./engine.js');
const { expressMiddleware } = require('./express.js');
const { fastifyPlugin } = require('./fastify.js');
const { Leases } = require('./leases.js');
const { partsBySlot, takeOverSlots } = require('./slots.js');

/** @import { AcquireDecision, Check, ConsumeOptions, Decision, Limiter as Public } from '../../types/limiter.js' */
/** @import { LimiterCallOptions } from '../../types/limiter.js' */
/** @import { LimiterEvents, LimiterOptions, LimiterStats, Policy, PolicyState } from '../../types/limiter.js' */
/** @import { RefundOptions, RouteOptions, Who } from '../../types/limiter.js' */
/** @import { Outcomes } from './decision.js' */
/** @import { Given } from './encode.js' */
/** @import { Gathered, Opened, WholePolicy } from './engine.js' */

/**
 * What a limiter needs of its instance.
 * @typedef {object} Parts
 * @property {InstanceType<typeof import('../bridge.js').Bridge>} bridge
 * @property {InstanceType<typeof import('../context.js').Context>} context
 * @property {() => InstanceType<typeof import('../topic/hub.js').Hub>} hub
 * @property {(message: string) => void} warn Logs each message once.
 * @property {() => void} onFirstUse Called when a limiter of the instance is used for the first time.
 */

const CONSUME_OPTIONS = ['context', 'signal'];
const REFUND_OPTIONS = ['signal', 'source'];
const NO_SECRET =
  'a limiter has no secret: whoever reads Redis can guess the identifiers in its keys; give createLimiter the ' +
  'option secret, or orgcache/rate-limit-service the variable RATE_LIMIT_SECRET';

/**
 * Limits calls by identifier. types/limiter.d.ts says what each method promises.
 * @implements {Public}
 */
class Limiter {
  #context;
  #warn;
  #engine;
  #encoder;
  #bypass;
  #namespace;
  #leases;
  #announcements;
  #emitter = new EventEmitter();
  #tally = new Tally();
  #forget;
  /**
   * The options as they were given, with the changes of `update`.
   * @type {LimiterOptions<Record<string, Policy>>}
   */
  #options;
  /**
   * By the number of the policy.
   * @type {WholePolicy[]}
   */
  #policies;
  /** @type {{ names: readonly string[], limits: number[] }} */
  #limits;
  /** @type {Record<string, WholePolicy> | undefined} */
  #byName;

  /**
   * @param {LimiterOptions<Record<string, Policy>>} given
   * @param {Parts} parts
   */
  constructor(given, { bridge, context, hub, warn, onFirstUse }) {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw new OrgCacheError('E_CONFIG', 'createLimiter() takes an object of options');
    }
    const { bypass, ...options } = given;
    if (bypass !== undefined && typeof bypass !== 'function') {
      throw new OrgCacheError('E_CONFIG', 'the option bypass must be a function');
    }
    const { policies, namespace } = normalized(options);
    this.#context = context;
    this.#warn = warn;
    this.#bypass = bypass;
    this.#namespace = namespace;
    this.#options = { ...options, policies: { ...options.policies } };
    const names = policies.map(({ name }) => name);
    this.#policies = policies.map(({ name: _name, ...policy }) => policy);
    this.#limits = { names, limits: policies.map(({ limit }) => limit) };
    this.#encoder = new Encoder(names);
    const onOpen = (/** @type {Opened} */ { warnSecret }) => {
      if (warnSecret) warn(NO_SECRET);
      onFirstUse();
    };
    this.#engine = new Engine({
      bridge,
      hub,
      options: () => this.#options,
      onOpen,
      decide: (outcomes, from, to, batch, call) => {
        const decision = this.#decided(outcomes, from, to, batch.policies, batch.given[call]);
        if (!decision.allowed) this.#engine.remember(outcomes, from, to, batch, call);
        return decision;
      },
      onClosing: () => this.#leases.releaseAll(),
    });
    this.#leases = new Leases(this.#engine, warn);
    this.#announcements = new Announcements(this.#emitter, context, namespace);
    this.#forget = bridge.listen((name) => {
      if (FORWARDED.includes(name)) context.emit(this.#emitter, name);
    });
  }

  /**
   * @param {Check | readonly Check[]} checks
   * @param {ConsumeOptions} [options]
   * @returns {Promise<Decision>}
   */
  consume(checks, options) {
    if (options === undefined) return this.#consume(checks, undefined);
    return abortable(options, () => this.#consume(checks, options.context), CONSUME_OPTIONS);
  }

  /**
   * @param {Check | readonly Check[]} given
   * @param {unknown} context
   * @returns {Promise<Decision>}
   */
  #consume(given, context) {
    try {
      if (!isList(given)) return this.#consumeOne(given, context);
      return given.length === 1 ? this.#consumeOne(given[0], context) : this.#consumeAll(given, context);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Most calls are one check, which needs no lists.
   * @param {Given} check
   * @param {unknown} context
   * @returns {Promise<Decision>}
   */
  #consumeOne(check, context) {
    const encoder = this.#encoder;
    encoder.refuseStrange(check, CHECK_FIELDS);
    const policy = encoder.numberOf(check.policy);
    const reason = this.#bypass?.(context);
    if (isReason(reason)) return Promise.resolve(this.#bypassed(reason, [policy]));
    const engine = this.#engine;
    engine.open();
    const refusal = engine.refusals.decisionOn(policy, check, this.#limits);
    if (refusal !== undefined) {
      this.#announcements.decided(refusal);
      return Promise.resolve(refusal);
    }
    const slot = engine.isClustered ? slotOf(check) : '';
    const batch = engine.batchFor(slot, 1);
    const start = batch.arguments.length;
    encoder.append(batch.arguments, policy, check, true);
    batch.policies.push(policy);
    const decision = batch.end(check, start);
    engine.sendIfLarge(slot, batch);
    return decision;
  }

  /**
   * @param {readonly Given[]} given
   * @param {unknown} context
   * @returns {Promise<Decision>}
   */
  #consumeAll(given, context) {
    const checks = this.#encoder.listOf(given);
    const policies = checks.map(({ policy }) => this.#encoder.numberOf(policy));
    const reason = this.#bypass?.(context);
    if (isReason(reason)) return Promise.resolve(this.#bypassed(reason, policies));
    const engine = this.#engine;
    engine.open();
    let slot = '';
    if (engine.isClustered) {
      if (partsBySlot(checks).length > 1) return this.#consumeOverSlots(checks, policies);
      slot = slotOf(checks[0]);
    }
    const batch = engine.batchFor(slot, checks.length);
    const start = batch.arguments.length;
    this.#join(batch, checks, policies);
    const decision = batch.end(checks, start);
    engine.sendIfLarge(slot, batch);
    return decision;
  }

  /**
   * Adds the checks of a call to a batch: all of them, or none if the getter of one throws.
   * @param {Gathered} batch
   * @param {readonly Given[]} checks
   * @param {readonly number[]} policies
   */
  #join(batch, checks, policies) {
    const length = batch.arguments.length;
    try {
      for (let i = 0; i < checks.length; i++) {
        this.#encoder.append(batch.arguments, policies[i], checks[i], i === 0);
      }
    } catch (error) {
      batch.arguments.length = length;
      throw error;
    }
    for (let i = 0; i < policies.length; i++) batch.policies.push(policies[i]);
  }

  /**
   * @param {readonly Given[]} checks
   * @param {number[]} policies
   */
  async #consumeOverSlots(checks, policies) {
    const { outcomes } = await takeOverSlots(this.#native, checks, policies, verbs.consume);
    return this.#decided(outcomes, 0, checks.length, policies, checks);
  }

  get #native() {
    return {
      engine: this.#engine,
      encoder: this.#encoder,
      leases: this.#leases,
      hasLeases: (/** @type {number} */ policy) => this.#policies[policy].algorithm === 'concurrency',
    };
  }

  /**
   * @param {Check | readonly Check[]} checks
   * @param {ConsumeOptions} [options]
   * @returns {Promise<AcquireDecision>}
   */
  acquire(checks, options) {
    /** @type {Promise<AcquireDecision> | undefined} */
    let started;
    const start = () => {
      started = this.#acquire(isList(checks) ? checks : [checks], options?.context);
      return started;
    };
    const acquired = abortable(options, start, CONSUME_OPTIONS);
    const nothing = () => {};
    // Of a call that its caller has given up, nobody has the lease.
    acquired.catch(() => started?.then(({ lease }) => lease?.release(), nothing));
    return acquired;
  }

  /**
   * @param {readonly Given[]} given
   * @param {unknown} context
   * @returns {Promise<AcquireDecision>}
   */
  async #acquire(given, context) {
    const checks = this.#encoder.listOf(given);
    const policies = checks.map(({ policy }) => this.#encoder.numberOf(policy));
    const reason = this.#bypass?.(context);
    if (isReason(reason)) return { ...this.#bypassed(reason, policies), lease: null };
    const { outcomes, leases } = await acquire(this.#native, checks, policies);
    const lease = this.#leases.held(leases);
    return { ...this.#decided(outcomes, 0, checks.length, policies, checks), lease };
  }

  /**
   * The decision on checks whose outcomes begin at `from`, and what listeners hear of it.
   * @param {Outcomes} outcomes
   * @param {number} from
   * @param {number} to
   * @param {readonly number[]} policies
   * @param {Given | readonly Given[]} given
   */
  #decided(outcomes, from, to, policies, given) {
    const decision = decisionOf(outcomes, from, to, policies, this.#limits);
    if (decision.reason !== 'ok') {
      const checks = isList(given) ? given : [given];
      for (let i = from; i < to; i++) {
        this.#announcements.refused(outcomes, i, this.#limits.names[policies[i]], checks[i - from].kind);
      }
    }
    this.#announcements.decided(decision);
    return decision;
  }

  /**
   * @param {string} reason
   * @param {readonly number[]} policies
   */
  #bypassed(reason, policies) {
    this.#tally.count(reason);
    for (const policy of new Set(policies)) this.#engine.countBypass(policy);
    const decision = bypassDecision(policies[0], this.#limits);
    this.#announcements.decided(decision);
    return decision;
  }

  /**
   * @param {Check} check
   * @param {LimiterCallOptions} [options]
   * @returns {Promise<PolicyState>}
   */
  peek(check, options) {
    return abortable(options, async () => {
      const policy = this.#encoder.numberOf(this.#checked(check).policy);
      /** @type {Outcomes} */
      const outcomes = await this.#engine.call(verbs.peek, 0, this.#arguments(policy, check));
      const [word, sentence] = outcomes;
      if (typeof word === 'string') throw refusal(word, sentence);
      return stateOf(outcomes, 0, policy, this.#limits);
    });
  }

  /**
   * @param {Check} check
   * @param {RefundOptions} [options]
   * @returns {Promise<void>}
   */
  refund(check, options) {
    const refund = async () => {
      const policy = this.#encoder.numberOf(this.#checked(check).policy);
      await this.#engine.call(verbs.refund, countedBy(options?.source), this.#arguments(policy, check));
    };
    return abortable(options, refund, REFUND_OPTIONS);
  }

  /**
   * @param {Check} check
   * @param {LimiterCallOptions} [options]
   * @returns {Promise<boolean>}
   */
  reset(check, options) {
    return abortable(options, async () => {
      const policy = this.#encoder.numberOf(this.#checked(check).policy);
      return this.#engine.call(verbs.reset, 0, this.#arguments(policy, check));
    });
  }

  /**
   * @param {Who} who
   * @param {number} seconds
   * @param {string} [reason]
   * @param {LimiterCallOptions} [options]
   * @returns {Promise<void>}
   */
  block(who, seconds, reason, options) {
    return abortable(options, async () => {
      this.#encoder.refuseStrange(who);
      if (reason !== undefined && typeof reason !== 'string') {
        throw new OrgCacheError('E_ARGUMENT', 'the reason of a block must be a text');
      }
      const length = typeof seconds === 'number' ? seconds : Number.NaN;
      await this.#engine.call(verbs.block, 0, [length, ...this.#arguments(0, who)]);
      const { kind } = who;
      this.#context.emit(this.#emitter, 'blocked', {
        kind,
        seconds,
        ...(reason === undefined ? {} : { reason }),
      });
    });
  }

  /**
   * @param {Who} who
   * @param {LimiterCallOptions} [options]
   * @returns {Promise<boolean>}
   */
  unblock(who, options) {
    return abortable(options, async () => {
      this.#encoder.refuseStrange(who);
      return this.#engine.call(verbs.unblock, 0, this.#arguments(0, who));
    });
  }

  /**
   * @template {Given} Checked
   * @param {Checked} check
   */
  #checked(check) {
    this.#encoder.refuseStrange(check, CHECK_FIELDS);
    return check;
  }

  /**
   * @param {number} policy
   * @param {Given} check
   */
  #arguments(policy, check) {
    /** @type {unknown[]} */
    const values = [];
    this.#encoder.append(values, policy, check, true);
    return values;
  }

  /**
   * @param {string} name
   * @param {Partial<Policy>} change
   */
  update(name, change) {
    const number = this.#encoder.numberOf(name);
    if (typeof change !== 'object' || change === null || Array.isArray(change)) {
      throw new OrgCacheError(
        'E_CONFIG',
        'update() takes an object with the options of the policy that change',
      );
    }
    const policy = { ...this.#options.policies[name], ...change };
    const { policies } = normalized({ ...this.#options, policies: { [name]: policy } });
    const [{ name: _name, ...whole }] = policies;
    this.#engine.update(number, whole);
    this.#options.policies[name] = policy;
    this.#policies[number] = whole;
    this.#limits.limits[number] = whole.limit;
    this.#byName = undefined;
  }

  /** @returns {Record<string, WholePolicy>} */
  policies() {
    return Object.fromEntries(
      this.#limits.names.map((name, number) => [name, { ...this.#policies[number] }]),
    );
  }

  /** @returns {LimiterStats} */
  stats() {
    return { namespace: this.#namespace, ...this.#engine.stats(), bypassed: this.#tally.counts() };
  }

  /**
   * @template {keyof LimiterEvents} Event
   * @param {Event} event
   * @param {(...details: LimiterEvents[Event]) => void} listener
   */
  on(event, listener) {
    refuseUnknown([event], EVENTS, 'the event');
    this.#emitter.on(event, /** @type {(...details: any[]) => void} */ (listener));
    return this;
  }

  /**
   * @template {keyof LimiterEvents} Event
   * @param {Event} event
   * @param {(...details: LimiterEvents[Event]) => void} listener
   */
  off(event, listener) {
    this.#emitter.off(event, /** @type {(...details: any[]) => void} */ (listener));
    return this;
  }

  /** @param {RouteOptions} options */
  express(options) {
    return expressMiddleware(options, this.#routing());
  }

  /** Not a method: fastify calls it without `this`, and reads its properties. */
  get fastify() {
    return fastifyPlugin(this.#routing());
  }

  #routing() {
    return {
      consume: (/** @type {Check[]} */ checks, /** @type {unknown} */ context) =>
        this.consume(checks, { context }),
      acquire: (/** @type {Check[]} */ checks, /** @type {unknown} */ context) =>
        this.acquire(checks, { context }),
      bypassed: (/** @type {string} */ reason, /** @type {readonly string[]} */ policies) =>
        this.#bypassed(
          reason,
          policies.map((name) => this.#encoder.numberOf(name)),
        ),
      numberOf: (/** @type {unknown} */ policy) => this.#encoder.numberOf(policy),
      policies: () => this.#shown,
      warn: this.#warn,
    };
  }

  /** The policies by their names, without a copy for each request. */
  get #shown() {
    this.#byName ??= this.policies();
    return this.#byName;
  }

  async close() {
    this.#forget();
    await this.#engine.close();
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }
}

module.exports = { Limiter };
