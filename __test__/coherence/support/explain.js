'use strict';

const RULES = {
  a: 'a read that began after its own acknowledged write, or behind its own unawaited one, answers older',
  b: 'an answer was overwritten before the bound of staleness',
  c: 'a read answers older than one that ended before it in its process',
  d: 'a value that nobody wrote, of another key, or past its lifetime',
  e: 'a value was answered after its clearing or invalidation',
  f: 'a second factory of a key ran under one lease',
  g: 'the value of a factory was answered though it began before a set, a delete, a clearing or an invalidation',
};

const time = (ms) => (ms === Infinity ? 'never' : `${ms.toFixed(3)}`);
const span = ({ begin, end }) => `${time(begin)} to ${time(end)} ms`;

function change({ kind, process, client, begin, end, isAcknowledged }) {
  const doubt = isAcknowledged || kind === 'factory' ? '' : ', in doubt';
  return `${kind} by client ${client} of process ${process}, ${span({ begin, end })}${doubt}`;
}

function seen(read) {
  const answer = read.source ? `what is from ${change(read.source)}` : 'nothing';
  return `a read by client ${read.client} of process ${read.process}, ${span(read)}, which answered ${answer}`;
}

/** An example of a violation as one sentence. Values are numbers of the load, so nothing is secret. */
function explain({ rule, read, what, than }, subjects) {
  if (rule === 'f') return explainFactories({ read, what, than }, subjects);
  const { organization, redisKey } = subjects[read.subject];
  const answered = read.source ? change(read.source) : read.value === 0 ? 'nothing' : `value ${read.value}`;
  const newer = than?.kind === undefined ? than && seen(than) : change(than);
  return (
    `${rule}: ${RULES[rule]}. Client ${read.client} of process ${read.process} read ${redisKey} (organization ` +
    `${organization}) from ${span(read)}; the answer is from ${answered}; ${what}${newer ? `: ${newer}` : ''}.`
  );
}

function explainFactories({ read: second, what, than: first }, subjects) {
  const factory = ({ client, process, begin, end }) =>
    `client ${client} of process ${process}, ${span({ begin, end })}`;
  return (
    `f: ${RULES.f}. The key is ${subjects[second.subject].redisKey}; the second one ran at ${factory(second)}; ${what}: ` +
    `${factory(first)}.`
  );
}

module.exports = { explain, RULES };
