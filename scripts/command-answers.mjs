// Writes scripts/command-answers.json: the type of each command's reply, as RESP2 has it, from the reply schemas in the
// sources of servers. `node scripts/command-answers.mjs CHECKOUT...` takes folders or bare repositories with
// `src/commands/*.json`; where two of them differ, the type is the union of both. scripts/command-notation.cjs
// explains the notation. What the schemas lack or get wrong stands in scripts/command-replies.cjs.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import replySchema from './reply-schema.cjs';

const TARGET = path.join(import.meta.dirname, 'command-answers.json');

function sourceAt(checkout) {
  const git = (...words) =>
    execFileSync('git', ['-C', checkout, ...words], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  const files = git('ls-tree', '--name-only', 'HEAD', 'src/commands/').split('\n');
  const commands = new Map();
  for (const file of files.filter((name) => name.endsWith('.json'))) {
    for (const [name, facts] of Object.entries(JSON.parse(git('show', `HEAD:${file}`)))) {
      const full = facts.container ? `${facts.container}|${name}` : name;
      commands.set(full.toLowerCase(), facts);
    }
  }
  const product = /VALKEY_VERSION/.test(git('show', 'HEAD:src/version.h')) ? 'Valkey' : 'Redis';
  return { from: `${product} at ${git('rev-parse', '--short=12', 'HEAD').trim()}`, commands };
}

const checkouts = process.argv.slice(2);
if (checkouts.length === 0) throw new Error('Name at least one checkout of the sources of Valkey or Redis.');
const sources = checkouts.map(sourceAt);
const names = [...new Set(sources.flatMap(({ commands }) => [...commands.keys()]))].sort();
const rows = names.flatMap((name) => {
  const schemas = sources.map(({ commands }) => commands.get(name)?.reply_schema).filter(Boolean);
  if (schemas.length === 0) return [];
  return [`    ${JSON.stringify(name)}: ${JSON.stringify(replySchema.replyType(name, schemas))}`];
});
const from = JSON.stringify(sources.map((source) => source.from));
writeFileSync(TARGET, `{\n  "from": ${from},\n  "replies": {\n${rows.join(',\n')}\n  }\n}\n`);
console.log(`${rows.length} replies`);
