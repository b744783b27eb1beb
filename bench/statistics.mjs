/** Medians and percentiles. All functions leave their argument as it was. */

/** The value below which `fraction` of `values` lie; nearest rank, so it is one that was measured. */
export function percentile(values, fraction) {
  if (values.length === 0) throw new RangeError('a percentile needs at least one value');
  const sorted = Float64Array.from(values).sort();
  const rank = Math.ceil(fraction * sorted.length);
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1];
}

export function median(values) {
  if (values.length === 0) throw new RangeError('a median needs at least one value');
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median and quartiles: half of the rounds lie between `low` and `high`. */
export function spread(values) {
  return { value: median(values), low: percentile(values, 0.25), high: percentile(values, 0.75) };
}

/**
 * How `subject` compares with `baseline` in one metric: the quotient is taken within each round,
 * where both met the same noise, and the median over the rounds.
 */
export function ratioOf(subject, baseline, metric) {
  if (subject.length !== baseline.length) {
    throw new RangeError('a ratio needs as many rounds of the one as of the other');
  }
  return spread(subject.map((sample, round) => sample[metric] / baseline[round][metric]));
}

/** The median of every metric over the rounds of one contender. */
export function medianSample(samples) {
  const metrics = Object.keys(samples[0]);
  return Object.fromEntries(
    metrics.map((metric) => [metric, median(samples.map((sample) => sample[metric]))]),
  );
}
