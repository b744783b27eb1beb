'use strict';

const { openPackage } = require('../support/package');
const { Chaos } = require('./support/queue-chaos');
const { STAGES } = require('./support/queue-stages');

const SEED = 20_261_127;
const FAULTS_MS = 6000;

// `npm run soak -- --queue` does the same for as long as one likes, and behind sentinels.
test.each([
  ['AOF everysec', ['the server is killed', 'a worker stands still', 'connections are cut after the send']],
  ['cluster', ['a replica with a cut link takes over', 'a worker is killed', 'the slot moves']],
])(
  'every job that was acknowledged is done once or for a noted cause again: %s',
  async (name, names) => {
    const stage = await STAGES[name]();
    const chaos = new Chaos(stage, { seed: SEED });
    await stage.prepare?.(chaos.queue);
    await chaos.start();
    await chaos.run(FAULTS_MS, { names, pauseMs: 600 });
    const { figures, problems, lines } = await chaos.finish(openPackage);
    process.stdout.write(`chaos: ${name}\n  ${lines.join('\n  ')}\n`);
    expect(problems).toEqual([]);
    expect(figures).toMatchObject({ lost: 0, untold: 0, unexplained: 0, doubled: 0 });
    expect(figures.acknowledged).toBeGreaterThan(200);
    expect(figures.faults).toBeGreaterThanOrEqual(names.length - 1);
  },
  90_000,
);
