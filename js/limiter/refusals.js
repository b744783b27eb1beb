'use strict';

const { protocol } = require('../protocol.js');
const { now } = require('../time.js');
const { TurnoverMap } = require('../turnover.js');
const { WIDTH, codeIn, decisionOnOne, heldMsIn } = require('./decision.js');
const { isNamed, partsAt, wordOf } = require('./encode.js');

/** @import { Decision } from '../../types/limiter.js' */
/** @import { Limits, Outcomes } from './decision.js' */
/** @import { Given, Parts } from './encode.js' */

/**
 * A refusal of a check, and until when native code said that it holds.
 * @typedef {object} Refusal
 * @property {Parts} parts
 * @property {number} code
 * @property {number} remaining
 * @property {number} untilMs
 * @property {number} resetAtMs
 * @property {number} retryAtMs
 */

const { limiterRefusals: MOST } = protocol.limits;
const { limit: LIMIT, blocked: BLOCKED } = protocol.limiter.codes;

/**
 * Refusals that native code decided and said to hold for a while. Until then the same check is refused here, without a
 * call into native code. Nothing is decided here, and whatever may change a decision forgets all refusals.
 */
class Refusals {
  /**
   * By the number of the policy, and by the id. The oldest are forgotten first.
   * @type {InstanceType<typeof TurnoverMap<unknown, Refusal>>[]}
   */
  #known = [];
  /**
   * Number of checks that were refused here because of the limit, by the number of the policy.
   * @type {number[]}
   */
  #limited = [];
  /**
   * The same because of a block.
   * @type {number[]}
   */
  #blocked = [];
  /** Changes when all are forgotten: answers to what was asked before are not remembered afterwards. */
  generation = 0;

  /**
   * The decision on a check that is refused here. Counts it.
   * @param {number} policy
   * @param {Given} check
   * @param {Limits} limits
   * @returns {Decision | undefined}
   */
  decisionOn(policy, check, limits) {
    const known = this.#known[policy];
    if (known === undefined) return undefined;
    const id = wordOf(check.id);
    const refusal = known.get(id);
    if (refusal === undefined || !isOf(refusal.parts, check)) return undefined;
    const nowMs = now();
    if (nowMs >= refusal.untilMs) {
      known.delete(id);
      return undefined;
    }
    const { code } = refusal;
    const counts = code === LIMIT ? this.#limited : this.#blocked;
    counts[policy] = (counts[policy] ?? 0) + 1;
    return decisionOnOne(code, true, {
      policy: limits.names[policy],
      limit: limits.limits[policy],
      remaining: refusal.remaining,
      resetMs: msUntil(refusal.resetAtMs, nowMs),
      retryAfterMs: msUntil(refusal.retryAtMs, nowMs),
    });
  }

  /**
   * Remembers the refusal of one check, if native code says that it holds. `values` has the check's arguments from
   * `start` on, as they crossed at `sentAtMs`.
   * @param {Outcomes} outcomes
   * @param {number} index
   * @param {{ policy: number, values: readonly unknown[], start: number, sentAtMs: number }} asked
   */
  remember(outcomes, index, { policy, values, start, sentAtMs }) {
    const word = Number(outcomes[WIDTH * index]);
    const heldMs = heldMsIn(word);
    const code = codeIn(word);
    if (heldMs === 0 || (code !== LIMIT && code !== BLOCKED)) return;
    this.#known[policy] ??= new TurnoverMap();
    const known = this.#known[policy];
    const parts = partsAt(values, start);
    const nowMs = now();
    known.delete(parts.id);
    known.set(parts.id, {
      parts,
      code,
      remaining: Number(outcomes[WIDTH * index + 1]),
      // Native code counts from a time that is no earlier.
      untilMs: sentAtMs + heldMs,
      resetAtMs: nowMs + Number(outcomes[WIDTH * index + 2]),
      retryAtMs: nowMs + Number(outcomes[WIDTH * index + 3]),
    });
    if (known.size > MOST) known.delete(known.keys().next().value);
  }

  /** What is asked from now on is asked of native code. */
  forget() {
    this.generation++;
    this.#known.length = 0;
  }

  /**
   * Hands over how many checks were refused here since the last time.
   * @param {(policy: number, limited: number, blocked: number) => void} take
   */
  tell(take) {
    const policies = Math.max(this.#limited.length, this.#blocked.length);
    for (let policy = 0; policy < policies; policy++) {
      const [limited, blocked] = [this.#limited[policy] ?? 0, this.#blocked[policy] ?? 0];
      if (limited + blocked > 0) take(policy, limited, blocked);
    }
    this.#limited.length = 0;
    this.#blocked.length = 0;
  }
}

/**
 * Whether a check has these parts, but for its policy and id.
 * @param {Parts} parts
 * @param {Given} check
 */
function isOf(parts, { kind, organizationId, cost }) {
  return (
    parts.kind === kind &&
    parts.cost === cost &&
    parts.organizationId === (isNamed(organizationId) ? wordOf(organizationId) : undefined)
  );
}

/**
 * Whole milliseconds: a caller that waits so long does not come too early.
 * @param {number} atMs
 * @param {number} nowMs
 */
function msUntil(atMs, nowMs) {
  return Math.max(0, Math.ceil(atMs - nowMs));
}

module.exports = { Refusals };
