'use strict';

const { WIDTH, refusal } = require('./decision.js');
const { verbs } = require('./engine.js');
const { partsBySlot, takeOverSlots } = require('./slots.js');

/** @import { Outcomes } from './decision.js' */
/** @import { Given } from './encode.js' */
/** @import { Native } from './slots.js' */

/**
 * Takes the leases of checks, and consumes those of other policies: all or nothing. Answers the outcomes of all checks in
 * their order, and the numbers of the leases that native code then holds.
 * @param {Native} native
 * @param {readonly Given[]} checks
 * @param {readonly number[]} policies The number of each check's policy.
 * @returns {Promise<{ outcomes: Outcomes, leases: number[] }>}
 */
async function acquire(native, checks, policies) {
  const { engine, encoder, leases } = native;
  engine.open();
  if (engine.isClustered && partsBySlot(checks).length > 1) {
    return takeOverSlots(native, checks, policies, verbs.acquire);
  }
  /** @type {unknown[]} */
  const values = [];
  for (let i = 0; i < checks.length; i++) encoder.append(values, policies[i], checks[i], i === 0);
  const leaseIn = (/** @type {Outcomes} */ outcomes) => outcomes[WIDTH * checks.length];
  /** @type {Outcomes} */
  const outcomes = await engine.call(verbs.acquire, 0, values, (told) => leases.granted(leaseIn(told)));
  const [word, sentence] = outcomes;
  if (typeof word === 'string') throw refusal(word, sentence);
  const lease = leaseIn(outcomes);
  return { outcomes, leases: typeof lease === 'number' ? [lease] : [] };
}

module.exports = { acquire };
