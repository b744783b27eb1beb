'use strict';

const { channel } = require('node:diagnostics_channel');
const { protocol } = require('../protocol.js');
const { firstRefusal } = require('./decision.js');

/** @import { EventEmitter } from 'node:events' */
/** @import { Decision } from '../../types/limiter.js' */
/** @import { Outcomes } from './decision.js' */

const decisions = channel('orgcache:limit');
/**
 * Events of the instance that are events of its limiters.
 * @type {string[]}
 */
const FORWARDED = [protocol.events.degraded, protocol.events.recovered];
const EVENTS = ['blocked', 'limited', ...FORWARDED];

/** What listeners and subscribers hear of a limiter's decisions. */
class Announcements {
  #emitter;
  #context;
  #namespace;

  /**
   * @param {EventEmitter} emitter
   * @param {InstanceType<typeof import('../context.js').Context>} context
   * @param {string} namespace
   */
  constructor(emitter, context, namespace) {
    this.#emitter = emitter;
    this.#context = context;
    this.#namespace = namespace;
  }

  /**
   * Emits `limited` for an identifier that has just reached its limit.
   * @param {Outcomes} outcomes
   * @param {number} index
   * @param {string} policy
   * @param {unknown} kind
   */
  refused(outcomes, index, policy, kind) {
    if (this.#emitter.listenerCount('limited') === 0) return;
    const refused = firstRefusal(outcomes, index);
    if (refused === undefined) return;
    this.#context.emit(this.#emitter, 'limited', { policy, kind, ...refused });
  }

  /** @param {Decision} decision */
  decided({ allowed, reason, source, policy, violated, retryAfterMs }) {
    if (!decisions.hasSubscribers) return;
    const namespace = this.#namespace;
    decisions.publish({ namespace, allowed, reason, source, policy, violated, retryAfterMs });
  }
}

module.exports = { Announcements, EVENTS, FORWARDED };
