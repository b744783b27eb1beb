// How a level moves, whatever single samples say.

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** The slope of points `[x, y]`: the median of the slopes of all pairs, which no outlier moves. */
export function drift(points) {
  const slopes = [];
  for (const [at, [x, y]] of points.entries()) {
    for (const [otherX, otherY] of points.slice(at + 1)) {
      if (otherX !== x) slopes.push((otherY - y) / (otherX - x));
    }
  }
  return slopes.length > 0 ? median(slopes) : 0;
}

/** The median of the last quarter less that of the first. */
export function growth(samples, of) {
  const quarter = Math.max(1, samples.length >> 2);
  return median(samples.slice(-quarter).map(of)) - median(samples.slice(0, quarter).map(of));
}
