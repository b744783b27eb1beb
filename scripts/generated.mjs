// Writes files that scripts make, or checks them.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..');

/** @param {string} file Its path in the repository. */
export const read = (file) => readFileSync(path.join(ROOT, file), 'utf8');

/**
 * Writes the texts to their files. With `--check` among the program's arguments it writes nothing, and the program fails
 * where a file has another text.
 * @param {string} script The path of the program.
 * @param {Record<string, string>} texts The text of each file, by its path in the repository.
 */
export function writeOrCheck(script, texts) {
  for (const [file, text] of Object.entries(texts)) {
    if (!process.argv.includes('--check')) writeFileSync(path.join(ROOT, file), text);
    else if (read(file) !== text) {
      console.error(`${file} is not what ${script} makes of the built addon: npm run generate writes it.`);
      process.exitCode = 1;
    }
  }
}
