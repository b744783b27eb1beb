'use strict';

const { explain } = require('./explain');
const EXAMPLES = 5;

/** The figures of several rounds, and what must not be. */
class Sum {
  operations = 0;
  histories = 0;
  reads = 0;
  readsNear = 0;
  /** Judged answers whose value the foreign process wrote. */
  readsForeign = 0;
  /** Rounds in which it wrote. */
  #roundsForeign = 0;
  /** Rounds with factories, and their answers that a factory of another process had made. */
  #roundsOfFactories = 0;
  #answersOfFactories = 0;
  violations = {};
  examples = [];
  rejected = {};
  lastFault = '';

  add({ fault, subjects, hasForeign, isOfEntries, history, verdict, rejected, reads, readsNear }) {
    this.lastFault = fault;
    this.histories += 1;
    this.operations += history.operations.length;
    this.reads += reads;
    this.readsNear += readsNear;
    this.readsForeign += verdict.readsOf.foreign ?? 0;
    if (isOfEntries) {
      this.#roundsOfFactories += 1;
      this.#answersOfFactories += verdict.readsOfFactories;
    } else {
      this.#roundsForeign += Number(hasForeign);
    }
    for (const [rule, count] of Object.entries(verdict.violations)) increase(this.violations, rule, count);
    for (const [code, count] of Object.entries(rejected)) increase(this.rejected, code, count);
    for (const example of verdict.examples) {
      if (this.examples.length < EXAMPLES) this.examples.push(`${fault}: ${explain(example, subjects)}`);
    }
  }

  get #violationCount() {
    return Object.values(this.violations).reduce((sum, count) => sum + count, 0);
  }

  line() {
    const share = this.reads === 0 ? 0 : (100 * this.readsNear) / this.reads;
    return (
      `${this.operations} operations in ${this.histories} histories, ${share.toFixed(1)} % of ${this.reads} reads answered near, ` +
      `violations ${this.#violationCount}`
    );
  }

  /** Sentences that say what went wrong. */
  problems() {
    const problems = Object.entries(this.violations).map(
      ([rule, count]) => `rule ${rule} was broken ${count} times`,
    );
    problems.push(...this.examples);
    for (const [code, count] of Object.entries(this.rejected)) {
      problems.push(`${count} calls of the package were rejected: ${code}`);
    }
    if (this.#roundsOfFactories > 0 && this.#answersOfFactories === 0)
      problems.push('no read answered what a factory of another process had made, so nothing was shown');
    if (this.#roundsForeign === 0) return problems;
    if (this.readsNear === 0) problems.push('no read was answered near, so nothing was shown');
    if (this.readsForeign === 0)
      problems.push('no read answered what the foreign process wrote, so nothing was shown');
    return problems;
  }
}

function increase(counts, name, by) {
  counts[name] = (counts[name] ?? 0) + by;
}

module.exports = { Sum };
