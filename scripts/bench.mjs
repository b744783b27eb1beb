// The benchmarks: setup, then the peers (which nothing else installs), then bench/run.mjs with the
// arguments of this script. Setup speaks on stderr, so stdout holds the table or the JSON alone.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { exitWithSentence, ROOT } from './run.mjs';
import { installDependencies, setup } from './setup.mjs';

const BENCH = path.join(ROOT, 'bench');

try {
  const { redisServer } = await setup({ redis: true });
  installDependencies(BENCH);
  const run = spawnSync(process.execPath, [path.join(BENCH, 'run.mjs'), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, ORGCACHE_TEST_REDIS_SERVER: redisServer },
  });
  process.exitCode = run.status ?? 1;
} catch (error) {
  exitWithSentence(error);
}
