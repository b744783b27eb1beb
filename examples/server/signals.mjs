/**
 * Resolves at the first SIGINT or SIGTERM. A second one ends the process at once, as a person who
 * presses Ctrl-C twice expects.
 */
export function untilSignalled() {
  return new Promise((resolve) => {
    const stop = () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
