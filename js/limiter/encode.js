'use strict';

const { OrgCacheError, makeError } = require('../errors.js');
const { loadNative } = require('../native.js');
const { protocol } = require('../protocol.js');

/** @import { Check } from '../../types/limiter.js' */

/**
 * A check as a caller gave it. Native code refuses what cannot be.
 * @typedef {{ [Field in keyof Check]?: unknown }} Given
 */

const {
  check: FLAGS,
  details,
  kinds,
  maxChecksACall: MOST_CHECKS,
  policyUnit: POLICY_UNIT,
} = protocol.limiter;
/**
 * The kinds that cross as numbers.
 * @type {Map<unknown, number>}
 */
const NUMBERED = new Map(
  /** @type {const} */ (['user', 'ip', 'organization']).map((kind) => [kind, kinds[kind]]),
);
const WHO_FIELDS = new Set(['kind', 'id', 'organizationId']);
const CHECK_FIELDS = new Set(['policy', 'cost', 'critical', ...WHO_FIELDS]);

/** Writes checks as arguments of native calls. */
class Encoder {
  /** @type {Map<unknown, number>} */
  #numbers;

  /** @param {readonly string[]} names The policies, in the order of their numbers. */
  constructor(names) {
    this.names = names;
    this.#numbers = new Map(names.map((name, number) => [name, number]));
  }

  /**
   * The number of a policy. Throws `E_POLICY` if there is none of that name. The message has no name that a caller
   * gave, since it may come from a request.
   * @param {unknown} policy
   */
  numberOf(policy) {
    const number = this.#numbers.get(policy);
    if (number !== undefined) return number;
    const nearest =
      typeof policy === 'string' && policy !== ''
        ? loadNative().nearest(makeError, policy, this.names.join(' '))
        : null;
    const hint = nearest === null ? '' : `; did you mean ${nearest}?`;
    throw new OrgCacheError(
      'E_POLICY',
      `the limiter has no policy of that name${hint} (there are: ${this.names.join(', ')})`,
    );
  }

  /**
   * The checks of a call. Throws `E_KEY` for a number of checks that is not allowed and for what is no check,
   * `E_ARGUMENT` for an unknown field.
   * @param {readonly Given[]} checks
   */
  listOf(checks) {
    if (checks.length === 0 || checks.length > MOST_CHECKS) {
      throw new OrgCacheError(
        'E_KEY',
        `a call needs 1 to ${MOST_CHECKS} checks, and was given ${checks.length}`,
      );
    }
    for (let i = 0; i < checks.length; i++) this.refuseStrange(checks[i], CHECK_FIELDS);
    return checks;
  }

  /**
   * Throws for what is no check, and for a field that no check has.
   * @param {unknown} given
   * @param {Set<string>} [allowed]
   */
  refuseStrange(given, allowed = WHO_FIELDS) {
    if (typeof given !== 'object' || given === null) {
      throw new OrgCacheError('E_KEY', 'a check must be an object, e.g. { policy, kind, id }');
    }
    for (const name in given) {
      if (allowed.has(name)) continue;
      const nearest = loadNative().nearest(makeError, name, [...allowed].join(' '));
      const hint = nearest === null ? '' : `; did you mean ${nearest}?`;
      throw new OrgCacheError(
        'E_ARGUMENT',
        `a check has a field that is not known${hint} (there are: ${[...allowed].join(', ')})`,
      );
    }
  }

  /**
   * Adds the arguments of one check. `number` is that of its policy.
   * @param {unknown[]} out
   * @param {number} number
   * @param {Given} check
   * @param {boolean} isFirst Whether it begins a consume.
   */
  append(out, number, { kind, id, organizationId, cost, critical }, isFirst) {
    const numbered = NUMBERED.get(kind);
    const hasOrganization = isNamed(organizationId);
    let word = number * POLICY_UNIT + (numbered ?? kinds.named);
    if (isFirst) word += FLAGS.first;
    if (hasOrganization) word += FLAGS.organization;
    if (cost !== undefined) word += FLAGS.cost;
    if (critical !== undefined && isCritical(critical)) word += FLAGS.critical;
    out.push(word, wordOf(id));
    if (numbered === undefined) out.push(wordOf(kind));
    if (hasOrganization) out.push(wordOf(organizationId));
    if (cost !== undefined) out.push(typeof cost === 'number' ? cost : Number.NaN);
  }
}

/**
 * Null, undefined and the empty text are no organization.
 * @param {unknown} organizationId
 */
function isNamed(organizationId) {
  return organizationId !== undefined && organizationId !== null && organizationId !== '';
}

/** @param {unknown} critical */
function isCritical(critical) {
  if (typeof critical === 'boolean') return critical;
  throw new OrgCacheError('E_KEY', 'critical of a check must be true or false');
}

/**
 * A text or number as it crosses. Native code refuses null.
 * @param {unknown} value
 */
function wordOf(value) {
  if (typeof value === 'string' || typeof value === 'number') return value;
  return typeof value === 'bigint' ? String(value) : null;
}

/**
 * The parts of a check as they crossed. A text is in place of a bigint, and no organization is undefined.
 * @typedef {object} Parts
 * @property {unknown} kind
 * @property {unknown} id
 * @property {unknown} organizationId
 * @property {unknown} cost
 */

/**
 * Reads a check whose arguments begin at `start`.
 * @param {readonly unknown[]} values
 * @param {number} start
 * @returns {Parts}
 */
function partsAt(values, start) {
  const word = Number(values[start]);
  let at = start + 1;
  const id = values[at++];
  const numbered = [...NUMBERED].find(([, number]) => number === (word & kinds.named));
  const kind = numbered === undefined ? values[at++] : numbered[0];
  const organizationId = (word & FLAGS.organization) === 0 ? undefined : values[at++];
  const cost = (word & FLAGS.cost) === 0 ? undefined : values[at];
  return { kind, id, organizationId, cost };
}

/**
 * The part of a check that fixes its slot in a cluster: its organization, or else its identifier.
 * @param {Given} check
 */
function slotOf({ kind, id, organizationId }) {
  if (isNamed(organizationId)) return `o:${String(organizationId)}`;
  return `i:${String(kind)}:${String(id)}`;
}

/**
 * `Array.isArray` for types of which a list may be read only.
 * @param {Given | readonly Given[]} given
 * @returns {given is readonly Given[]}
 */
function isList(given) {
  return Array.isArray(given);
}

/**
 * Who counted a call, as native code takes it.
 * @param {unknown} source
 */
function countedBy(source) {
  if (source === undefined) return 0;
  if (source === 'redis' || source === 'local') return details[source];
  throw new OrgCacheError(
    'E_ARGUMENT',
    "the source of a refund must be that of the decision: 'redis' or 'local'",
  );
}

module.exports = { CHECK_FIELDS, Encoder, countedBy, isList, isNamed, partsAt, slotOf, wordOf };
