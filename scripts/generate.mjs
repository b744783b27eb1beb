// Builds the addon where its sources have changed, and writes every file that is made from its tables. `--check` writes
// nothing and fails where a file is not what it would be.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { exitWithSentence } from './run.mjs';
import { setup } from './setup.mjs';

const SCRIPTS = ['options', 'protocol-names', 'surface', 'client-types', 'ioredis-types'];

try {
  await setup();
  for (const name of SCRIPTS) {
    const script = path.join(import.meta.dirname, `${name}.mjs`);
    const { status } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
} catch (error) {
  exitWithSentence(error);
}
