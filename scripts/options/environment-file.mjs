// The text of .env.example.

import { paragraph, unitOf } from './sentences.mjs';

const WIDTH = 116;

const HEAD = `# Every variable that orgcache reads. As it stands this file changes nothing: each line shows the default, and
# a line without a value has none. Uncomment what you need. Options given to configure() win over variables.
# Made by scripts/options.mjs.

# production and test have defaults of their own where a comment says so; everything else is development.
#NODE_ENV=development
# The addon's file, for a build of your own. Without it the build in the package's folder is used, else the
# package of this platform.
#ORGCACHE_BINARY=
`;

export function environmentFile(rows) {
  const sections = [...new Set(rows.map(({ section }) => section))];
  const texts = sections.map((section) => {
    const lines = rows.filter((row) => row.section === section).flatMap(linesOf);
    return `\n# --- ${section} ---\n\n${lines.join('\n')}\n`;
  });
  return HEAD + texts.join('');
}

function linesOf(row) {
  const sentences = [row.meaning, row.details, allowed(row), ...specialDefaults(row)];
  const comment = paragraph(sentences, WIDTH - '# '.length).map((line) => `# ${line}`.replaceAll('`', ''));
  const value = row.default === null ? '' : String(row.default).replace('{NODE_ENV}', 'development');
  return [...comment, `#${row.variable}=${value}`];
}

function allowed({ value, allowed }) {
  if (value.kind === 'integer') return unitOf(value);
  if (['choice', 'url', 'hosts', 'port', 'words'].includes(value.kind)) return `Allowed: ${allowed}.`;
  return /\bnone\b/.test(allowed) ? 'The word none asks for no prefix.' : '';
}

function specialDefaults(row) {
  const special = ['production', 'test'].filter((name) => row[name] !== null);
  const isNamed = typeof row.default === 'string' && row.default.includes('{NODE_ENV}');
  return [
    ...special.map((name) => `In ${name === 'test' ? 'tests' : name}: ${row[name]}`),
    ...(isNamed ? ['In the default, development stands for what NODE_ENV says.'] : []),
  ];
}
