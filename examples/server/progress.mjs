// How far the migration is: a bar on a terminal, a few plain lines elsewhere, or nothing.

import cliProgress from 'cli-progress';

const PLAIN_LINES = 4;

function createBar(total, stream) {
  const format = 'migrating {bar} {percentage}% | {value}/{total} entries | {duration_formatted}';
  const bar = new cliProgress.SingleBar(
    { format, stream, hideCursor: true },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0);
  return {
    update: (done, newTotal) => {
      bar.setTotal(newTotal);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}

function createLines(stream) {
  let printed = 0;
  return {
    update: (done, total) => {
      const part = total === 0 ? PLAIN_LINES : Math.floor((done / total) * PLAIN_LINES);
      if (part <= printed) return;
      printed = part;
      stream.write(`migrating: ${done}/${total} entries\n`);
    },
    stop: () => {},
  };
}

const SILENT = { update: () => {}, stop: () => {} };

/**
 * @returns `onProgress` for `migrateExistingMaps`, and `stop` for when it has returned
 */
export function createProgress({ total: expected, silent, stream = process.stdout }) {
  const display = silent ? SILENT : stream.isTTY ? createBar(expected, stream) : createLines(stream);
  return {
    onProgress: ({ done, total = expected }) => display.update(done, total),
    stop: display.stop,
  };
}
