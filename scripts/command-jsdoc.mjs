// The documentation that editors show for the method of a command: syntax, complexity, the version that brought it and
// a link. `command-docs.json` has what servers say; commands that no server of it knows have the link alone.

import { readFileSync } from 'node:fs';
import path from 'node:path';

const FILE = path.join(import.meta.dirname, 'command-docs.json');
const { commands: DOCS } = JSON.parse(readFileSync(FILE, 'utf8'));

const whyUntyped = (type, reason) => `The reply is \`${type}\`: ${reason}.`;

/** The comment in front of a method, at an indentation of two. */
export function jsdocOf(name, { type, reason } = {}) {
  const facts = DOCS[name] ?? {};
  const lines = [
    ...syntaxLines(name),
    '',
    ...(facts.complexity ? [`Complexity: ${facts.complexity}.`] : []),
    ...(facts.deprecated ? [`Deprecated since ${facts.server} ${facts.deprecated}.`] : []),
    ...(reason ? [whyUntyped(type, reason)] : []),
    `${siteOf(facts)}${name}/`,
    ...(facts.since ? [`@since ${facts.server} ${facts.since}`] : []),
  ];
  return comment(lines);
}

/** The comment in front of the variant for Buffers. */
export function jsdocOfBuffers(name, { type, reason } = {}) {
  const known = `As \`${name}\`, with Buffers in place of texts.`;
  return comment([reason ? `${known} ${whyUntyped(type, reason)}` : known]);
}

/** A command's syntax, or those of its subcommands as a list. */
function syntaxLines(name) {
  const inner = Object.keys(DOCS).filter((full) => full.startsWith(`${name}|`));
  if (inner.length > 0) return inner.map((full) => `- \`${DOCS[full].syntax}\``);
  return [`\`${DOCS[name]?.syntax ?? name.toUpperCase()}\``];
}

function siteOf({ server }) {
  return server === 'Valkey' ? 'https://valkey.io/commands/' : 'https://redis.io/docs/latest/commands/';
}

function comment(lines) {
  const safe = lines.map((line) => line.replaceAll('*/', '*\\/'));
  if (safe.length === 1) return [`  /** ${safe[0]} */`];
  return ['  /**', ...safe.map((line) => `   * ${line}`.trimEnd()), '   */'];
}
