'use strict';

const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { isReason } = require('./bypass.js');
const { STYLES } = require('./headers.js');
const { userAndAddress } = require('./identify.js');

/** @import { ServerResponse } from 'node:http' */
/** @import { Check, Decision, HeaderStyle, Identity, Lease, RouteOptions } from '../../types/limiter.js' */
/** @import { Policies } from './headers.js' */

/**
 * What a route needs of its limiter.
 * @typedef {object} Routing
 * @property {(checks: Check[], context: unknown) => Promise<Decision>} consume
 * @property {(checks: Check[], context: unknown) => Promise<Decision & { lease: Lease | null }>} acquire
 * @property {(reason: string, policies: readonly string[]) => Decision} bypassed Notes that a call bypassed the limiter, and answers its decision.
 * @property {(policy: unknown) => number} numberOf Throws `E_POLICY`.
 * @property {() => Policies} policies
 * @property {(message: string) => void} warn
 */

const NAMES = ['bypass', 'handler', 'headers', 'identify', 'policies'];
const FUNCTIONS = /** @type {const} */ (['bypass', 'handler', 'identify']);

/** The part of a middleware that is the same for each framework: which checks a request has, and the decision. */
class Route {
  #routing;
  #policies;
  #identify;
  #bypass;
  /** @type {HeaderStyle} */
  headers;
  handler;

  /**
   * @param {RouteOptions} given
   * @param {Routing} routing
   */
  constructor(given, routing) {
    const { policies, identify, bypass, handler, headers } = checkedOptions(given);
    this.#routing = routing;
    this.#policies = typeof policies === 'string' ? [policies] : [...policies];
    for (const policy of this.#policies) routing.numberOf(policy);
    this.#identify = identify ?? userAndAddress;
    this.#bypass = bypass;
    this.handler = handler;
    this.headers = headers ?? 'draft-11';
  }

  get policies() {
    return this.#routing.policies();
  }

  /**
   * The decision on a request. What it holds of policies that limit calls under way is released when its response closes.
   * @param {any} request
   * @param {ServerResponse} response Of Node.
   * @returns {Promise<Decision>}
   */
  async decide(request, response) {
    const reason = this.#bypass?.(request);
    if (isReason(reason)) return this.#routing.bypassed(reason, this.#policies);
    const identities = await this.#identify(request);
    if (!Array.isArray(identities)) {
      throw new OrgCacheError('E_KEY', 'identify must answer a list, e.g. [{ kind, id }]');
    }
    const checks = identities.flatMap((identity) => this.#checksOf(identity));
    const { policies } = this;
    if (!checks.some(({ policy }) => policies[policy]?.algorithm === 'concurrency')) {
      return this.#routing.consume(checks, request);
    }
    const { lease, ...decision } = await this.#routing.acquire(checks, request);
    if (lease !== null) releaseWithResponse(lease, response);
    return decision;
  }

  /**
   * @param {Identity} identity
   * @returns {Check[]}
   */
  #checksOf(identity) {
    if (identity?.policy !== undefined) return [/** @type {Check} */ (identity)];
    return this.#policies.map((policy) => ({ ...identity, policy }));
  }
}

/**
 * @param {Lease} lease
 * @param {ServerResponse} response
 */
function releaseWithResponse(lease, response) {
  // It has closed while the decision was made.
  if (response.destroyed || response.closed) {
    lease.release();
    return;
  }
  // A response that is aborted only closes. One that is finished may close much later.
  for (const event of ['finish', 'close']) response.once(event, () => lease.release());
}

/**
 * @param {RouteOptions} given
 * @returns {RouteOptions}
 */
function checkedOptions(given) {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw refused('a route takes an object of options, e.g. { policies: ["api"] }');
  }
  refuseUnknown(Object.keys(given), NAMES, 'the option');
  const { policies, headers } = given;
  const isList = Array.isArray(policies) && policies.length > 0;
  if (typeof policies !== 'string' && !isList) {
    throw refused('the option policies must be the name of a policy, or a list of names');
  }
  for (const name of FUNCTIONS) {
    if (given[name] !== undefined && typeof given[name] !== 'function') {
      throw refused(`the option ${name} must be a function`);
    }
  }
  if (headers !== undefined && !STYLES.includes(headers)) {
    const allowed = STYLES.map((style) => (style === false ? 'false' : `'${style}'`)).join(', ');
    throw refused(`the option headers must be one of ${allowed}`);
  }
  return given;
}

/** @param {string} sentence */
function refused(sentence) {
  return new OrgCacheError('E_CONFIG', sentence);
}

module.exports = { Route };
