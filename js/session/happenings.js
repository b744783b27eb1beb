'use strict';

const { channel } = require('node:diagnostics_channel');
const { EventEmitter } = require('node:events');
const { refuseUnknown } = require('../options.js');
const { protocol } = require('../protocol.js');

const happenings = channel('orgcache:session');
/**
 * Events of the instance that are events of its sessions.
 * @type {string[]}
 */
const FORWARDED = [protocol.events.degraded, protocol.events.recovered];
const EVENTS = ['created', 'destroyed', 'evicted', 'mismatch', 'revoked', 'rotated', ...FORWARDED];

/** Tells what happens to the sessions of one room: listeners, and the channel `orgcache:session`. */
class Happenings {
  #context;
  #namespace;
  #emitter = new EventEmitter();

  /**
   * @param {InstanceType<typeof import('../context.js').Context>} context
   * @param {string} namespace
   */
  constructor(context, namespace) {
    this.#context = context;
    this.#namespace = namespace;
  }

  /**
   * Whether somebody hears of an event of sessions.
   * @param {string} event
   */
  hears(event) {
    return happenings.hasSubscribers || this.#emitter.listenerCount(event) > 0;
  }

  /**
   * @param {string} event
   * @param {string | null} ref
   */
  tell(event, ref) {
    const detail = { event, ref, namespace: this.#namespace };
    if (happenings.hasSubscribers) happenings.publish(detail);
    if (this.#emitter.listenerCount(event) > 0) this.#context.emit(this.#emitter, event, detail);
  }

  /**
   * Passes an event of the instance on, if it is one of its sessions too.
   * @param {string} event
   */
  forward(event) {
    if (FORWARDED.includes(event)) this.#context.emit(this.#emitter, event);
  }

  /**
   * @param {string} event
   * @param {(...details: any[]) => void} listener
   */
  on(event, listener) {
    refuseUnknown([event], EVENTS, 'the event');
    this.#emitter.on(event, listener);
  }

  /**
   * @param {string} event
   * @param {(...details: any[]) => void} listener
   */
  off(event, listener) {
    this.#emitter.off(event, listener);
  }
}

module.exports = { Happenings };
