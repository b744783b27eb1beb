/** What targets are made of: bounds, and how a value is read out of the results of a run. */
import { subjectAmong } from './contenders.mjs';
import { ratioOf } from './statistics.mjs';

export const IOREDIS = 'ioredis';
export const AUTO_PIPELINING = 'ioredis-auto-pipelining';

export function atLeast(bound, aim, unit) {
  return { better: 'higher', bound, aim, unit };
}

export function atMost(bound, aim, unit) {
  return { better: 'lower', bound, aim, unit };
}

/** The samples of the cell that has these fields. */
export function findSamples(scenario, wanted) {
  return scenario?.cells.find(({ cell }) =>
    Object.entries(wanted).every(([name, value]) => cell[name] === value),
  )?.samples;
}

export function subjectSamples(samples) {
  const subject = samples && subjectAmong(Object.keys(samples));
  return subject ? samples[subject] : null;
}

/** A `measure`: how the package compares with `baseline` in one metric of one cell. */
export function ratio(scenario, wanted, metric, baseline) {
  return (results) => {
    const samples = findSamples(results[scenario], wanted);
    const subject = subjectSamples(samples);
    return subject && samples[baseline] ? ratioOf(subject, samples[baseline], metric) : null;
  };
}

/** A `measure`: of several the one whose value is the lowest; null where any was not measured. */
export function leastOf(measures) {
  return (results) => {
    const measured = measures.map((measure) => measure(results));
    if (measured.includes(null)) return null;
    return measured.reduce((least, other) => (other.value < least.value ? other : least));
  };
}
