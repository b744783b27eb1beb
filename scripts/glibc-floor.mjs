// Fails where a binary asks for a newer glibc than the one named: `glibc-floor.mjs <file> <version>`.
// The versions a library needs are text in its dynamic string table, so no ELF tools are needed.

import { readFileSync } from 'node:fs';

const [file, floor] = process.argv.slice(2);
const order = (version) => version.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0);

const needed = readFileSync(file, 'latin1').matchAll(/GLIBC_(\d+\.\d+)(?=[.\0])/g);
const versions = [...new Set(Array.from(needed, ([, version]) => version))].sort(
  (a, b) => order(a) - order(b),
);
const newest = versions.at(-1);

if (!newest) {
  console.error(`${file} names no glibc version: it is not a library linked against glibc.`);
  process.exitCode = 1;
} else if (order(newest) > order(floor)) {
  console.error(`${file} needs glibc ${newest} and may need ${floor} at most.`);
  process.exitCode = 1;
} else {
  console.log(`${file} needs glibc ${newest}; ${floor} is allowed.`);
}
