'use strict';

const { Bridge } = require('../bridge.js');
const { head, protocol } = require('../protocol.js');

/** @import { Context } from '../context.js' */
/** @import { Environment } from '../environment.js' */
/** @import { Settable } from './connections.js' */
/** @import { Reject, Resolve } from './sender-types.js' */
/** @import { EventName, OnEvent } from '../native-types.js' */
/** @import { Argument } from './encode-arguments.js' */

/**
 * @typedef {object} ConnectionHandlers
 * @property {() => void} [onLost]
 * @property {() => void} [onBack]
 * @property {() => void} [onDropped]
 * @property {((message: Buffer[]) => void) | ((line: Buffer) => void)} [onPush] The latter for a monitoring
 * connection.
 * @property {number} [role] One of `protocol.roles`, with bits of `protocol.besideRoles`. Default: `dedicated`.
 */

/**
 * @typedef {ConnectionHandlers & {
 *   context?: InstanceType<typeof Context>,
 *   environment?: InstanceType<typeof Environment>,
 *   log?: OnEvent,
 * }} ConnectionOptions
 */

const { events, roles, verbs } = protocol;

/** A connection for one user at a time. It connects with its first command and again after each loss. */
class DedicatedConnection {
  #bridge;
  /**
   * The database that it has selected; undefined for the configured one.
   * @type {number | undefined}
   */
  database;
  #isStanding = false;
  #wasLost = false;
  #onLost;
  #onBack;
  #onDropped;

  /**
   * `onLost` is called when the connection is lost, `onBack` when it is made again, `onPush` with the server's push
   * messages. `onDropped` is called when messages came faster than they were read and some were dropped. `log` is
   * called with each event that is a log line.
   * @param {Settable} options
   * @param {ConnectionOptions} given
   */
  constructor(options, given = {}) {
    const { role = roles.dedicated, context, environment, log, onBack, onDropped, onLost, onPush } = given;
    this.#onBack = onBack;
    this.#onDropped = onDropped;
    this.#onLost = onLost;
    /** @type {OnEvent} */
    const onEvent = (name, json) => {
      if (name === events.log) log?.(name, json);
      else this.#handleEvent(name);
    };
    const own = { role, hasJournal: false, onPush, context, environment };
    this.#bridge = new Bridge(options, onEvent, own);
  }

  /**
   * Number of times the connection was lost. Each loss also loses the server's state (WATCH, subscriptions). Native
   * code is asked, because it knows of a loss before its events arrive here.
   */
  get losses() {
    return this.#bridge.isOpen ? this.#bridge.report().counters.connectionLost : 0;
  }

  /** Whether all connections that it needs are made. */
  get isStanding() {
    return this.#isStanding;
  }

  /**
   * Sends a command. Its outcome goes to one of two functions.
   * @param {number} detail
   * @param {string} name
   * @param {Argument[]} args
   * @param {Resolve} resolve
   * @param {Reject} reject
   */
  command(detail, name, args, resolve, reject) {
    const bridge = this.#bridge;
    bridge.open();
    bridge.command(head(verbs.command, detail, 0), name, args, resolve, reject);
  }

  /**
   * Sends a command and returns a promise of its reply.
   * @param {number} detail
   * @param {string} name
   * @param {Argument[]} args
   * @returns {Promise<unknown>}
   */
  ask(detail, name, args) {
    return new Promise((resolve, reject) => this.command(detail, name, args, resolve, reject));
  }

  /**
   * Later commands use this database.
   * @param {number} database
   */
  async select(database) {
    await this.ask(0, 'select', [String(database)]);
    this.database = database;
  }

  /**
   * @param {number} detail
   * @param {(number | Argument)[]} values
   * @returns {Promise<unknown[] | null>}
   */
  transaction(detail, values) {
    this.#bridge.open();
    return this.#bridge.call(head(verbs.transaction, detail, 0), values);
  }

  /** Calls in flight fail with `E_CLOSED`. */
  close() {
    this.#bridge.close(0);
  }

  /** @param {EventName} name */
  #handleEvent(name) {
    if (name === events.degraded && this.#isStanding) {
      this.#isStanding = false;
      this.#wasLost = true;
      this.#onLost?.();
    } else if (name === events.dropped) {
      this.#onDropped?.();
    } else if (name === events.departed) {
      // The node that knew of the subscriptions has left the cluster.
      this.#onLost?.();
      this.#onBack?.();
    } else if (name === events.ready || name === events.recovered) {
      this.#isStanding = true;
      if (this.#wasLost) this.#onBack?.();
    }
  }
}

exports.DedicatedConnection = DedicatedConnection;
