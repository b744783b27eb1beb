'use strict';

const { CONNECTION_CLOSED_ERROR_MSG } = require('../errors.js');

/** @import { Cluster, DelayQueue } from '../classes.js' */

/**
 * @typedef {{ left?: number }} Attempts
 *
 * @typedef {object} Redirected
 * @property {(slot: string, key: string) => void} moved
 * @property {(slot: string, key: string) => void} ask
 * @property {() => void} tryagain
 * @property {() => void} clusterDown
 * @property {() => void} connectionClosed
 * @property {(error: Error) => void} maxRedirections
 * @property {() => void} defaults For any other error.
 */

/**
 * Decides what an error of a node means for a command or pipeline. `on` has a function for each case. `attempts`
 * counts the attempts of the command.
 * @param {Cluster} cluster
 * @param {Error} error
 * @param {Attempts} attempts
 * @param {Redirected} on
 */
function handleError(cluster, error, attempts, on) {
  const { options } = cluster;
  attempts.left = attempts.left === undefined ? options.maxRedirections : attempts.left - 1;
  if (attempts.left <= 0) {
    on.maxRedirections(new Error(`Too many Cluster redirections. Last error: ${error}`));
    return;
  }
  const [word, slot, key] = error.message.split(' ');
  /** @param {() => void} callback */
  const refresh = (callback) => cluster.refreshSlotsCache(callback);
  /** @type {DelayQueue['push']} */
  const later = (reason, work, milliseconds, prepare) =>
    cluster._delayQueue.push(reason, work, milliseconds, prepare);
  if (word === 'MOVED') {
    const moved = () => on.moved(slot, key);
    if (options.retryDelayOnMoved > 0) later('moved', moved, options.retryDelayOnMoved);
    else moved();
  } else if (word === 'ASK') {
    on.ask(slot, key);
  } else if (word === 'TRYAGAIN') {
    later('tryagain', on.tryagain, options.retryDelayOnTryAgain);
  } else if (word === 'CLUSTERDOWN' && options.retryDelayOnClusterDown > 0) {
    later('clusterdown', on.clusterDown, options.retryDelayOnClusterDown, refresh);
  } else if (isLost(cluster, error) && options.retryDelayOnFailover > 0) {
    later('failover', on.connectionClosed, options.retryDelayOnFailover, refresh);
  } else {
    on.defaults();
  }
}

/**
 * @param {Cluster} cluster
 * @param {Error} error
 */
function isLost({ status }, error) {
  return error.message === CONNECTION_CLOSED_ERROR_MSG && status === 'ready';
}

module.exports = { handleError };
