/** Keys as servers ask for them: few of them often, most of them seldom. */

/**
 * A sampler of ranks 0 to `count` - 1, where rank r comes in proportion to 1 / (r + 1) ^ exponent. `random` answers
 * numbers in [0, 1).
 */
export function zipf({ count, exponent, random }) {
  const below = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank += 1) {
    sum += (rank + 1) ** -exponent;
    below[rank] = sum;
  }
  return () => {
    const wanted = random() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (below[middle] > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
