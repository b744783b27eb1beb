'use strict';

const { Calls } = require('./calls.js');
const { areCallsTraced, traceCall, verbName } = require('./tracing/commands.js');

/** @import { Argument, LinkOwner, Reader, Reject, Resolve } from './bridge-types.js' */
/** @import { Server } from './tracing/open-telemetry.js' */

/** Calls of which tracers are told, if there are any. Without them a call costs one question more. */
class TracedCalls extends Calls {
  #isLink;

  /**
   * @param {number} page
   * @param {LinkOwner | undefined} link
   * @param {((message: any) => void) | undefined} onPush
   * @param {boolean} hasCopies
   */
  constructor(page, link, onPush, hasCopies) {
    super(page, link, onPush, hasCopies);
    // A Link's owner has channels of its own.
    this.#isLink = link !== undefined;
  }

  /**
   * The server that calls go to, as far as the configuration says.
   * @returns {Server}
   */
  get server() {
    return { database: 0, serverAddress: '', serverPort: undefined };
  }

  /**
   * @param {number} head
   * @param {unknown} a
   * @param {Reader} [reader]
   */
  call1(head, a, reader) {
    return areCallsTraced() ? this.call(head, [a], reader) : super.call1(head, a, reader);
  }

  /**
   * @param {number} head
   * @param {unknown} a
   * @param {unknown} b
   * @param {Reader} [reader]
   */
  call2(head, a, b, reader) {
    return areCallsTraced() ? this.call(head, [a, b], reader) : super.call2(head, a, b, reader);
  }

  /**
   * @param {number} head
   * @param {unknown[]} values
   * @returns {Promise<any>}
   */
  read(head, values) {
    if (!areCallsTraced()) return super.read(head, values);
    return traceCall(verbName(head), [], this.server, () => super.read(head, values));
  }

  /**
   * @param {number} head
   * @param {unknown[]} values
   * @param {Resolve} resolve
   * @param {Reject} reject
   * @param {Reader} [reader]
   */
  callTo(head, values, resolve, reject, reader) {
    if (!areCallsTraced()) {
      super.callTo(head, values, resolve, reject, reader);
      return;
    }
    this.#trace(verbName(head), [], resolve, reject, (succeed, fail) =>
      super.callTo(head, values, succeed, fail, reader),
    );
  }

  /**
   * @param {number} head
   * @param {string} name
   * @param {readonly Argument[]} args
   * @param {Resolve} resolve
   * @param {Reject} reject
   */
  command(head, name, args, resolve, reject) {
    if (this.#isLink || !areCallsTraced()) {
      super.command(head, name, args, resolve, reject);
      return;
    }
    this.#trace(name, args, resolve, reject, (succeed, fail) =>
      super.command(head, name, args, succeed, fail),
    );
  }

  /**
   * Makes a call of which somebody wants to know.
   * @param {string} name
   * @param {readonly Argument[]} args
   * @param {Resolve} resolve
   * @param {Reject} reject
   * @param {(succeed: Resolve, fail: Reject) => void} make
   */
  #trace(name, args, resolve, reject, make) {
    traceCall(name, args, this.server, () => new Promise(make)).then(resolve, reject);
  }
}

module.exports = { TracedCalls };
