'use strict';

const os = require('node:os');
const { whenAborted } = require('./abort.js');
const { OrgCacheError } = require('./errors.js');
const { WAITING, signalOf, timeoutOf } = require('./options.js');

/** @import { ShutdownOptions, SignalHandlerOptions } from '../index.js' */

/** The signals that ask a server to end: from an orchestrator, and from a person at the keyboard. */
const ENDING_SIGNALS = ['SIGTERM', 'SIGINT'];
/** Signals with which the system ends or stops a process. They cannot be handled. */
const NEVER_HANDLED = ['SIGKILL', 'SIGSTOP'];

/**
 * Handles signals to this process. The first one shuts down and is then sent again, so that the process ends as the
 * signal would have ended it. A second one does not wait. Answers a function that removes the handlers.
 * @param {(options: ShutdownOptions) => Promise<unknown>} shutdown
 * @param {SignalHandlerOptions} [options]
 */
function installSignalHandlers(shutdown, options = {}) {
  const aborter = signalOf(options, [...WAITING, 'signals']);
  const timeoutMs = timeoutOf(options);
  const names = namesOf(options.signals ?? ENDING_SIGNALS);
  let isEnding = false;

  const uninstall = () => {
    for (const name of names) process.off(name, end);
  };
  /** @param {NodeJS.Signals} name */
  const endBy = (name) => {
    uninstall();
    process.kill(process.pid, name);
  };
  /** @param {NodeJS.Signals} name */
  function end(name) {
    if (isEnding) return endBy(name);
    isEnding = true;
    const again = () => endBy(name);
    shutdown({ timeoutMs }).then(again, again);
  }

  if (aborter?.aborted) return uninstall;
  for (const name of names) process.on(name, end);
  if (aborter === undefined) return uninstall;
  const forget = whenAborted(aborter, uninstall);
  return () => {
    forget();
    uninstall();
  };
}

/**
 * @param {unknown} signals
 * @returns {NodeJS.Signals[]}
 */
function namesOf(signals) {
  /** @param {unknown} name */
  const isName = (name) =>
    Object.hasOwn(os.constants.signals, /** @type {string} */ (name)) &&
    !NEVER_HANDLED.includes(/** @type {string} */ (name));
  if (Array.isArray(signals) && signals.every(isName)) return [...new Set(signals)];
  throw new OrgCacheError(
    'E_CONFIG',
    'the option signals must be a list of names of signals that can be handled, e.g. ["SIGTERM"]',
  );
}

module.exports = { installSignalHandlers };
