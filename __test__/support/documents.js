'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { PACKAGE_ROOT } = require('./package');

const read = (...parts) => fs.readFileSync(path.join(PACKAGE_ROOT, ...parts), 'utf8');

/** The README and every page of docs/. */
const PAGES = [
  'README.md',
  ...fs
    .readdirSync(path.join(PACKAGE_ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

/** The fenced blocks of a document: `{ language, settings, text }`. */
function fencedBlocks(document) {
  const fence = /^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm;
  return [...document.matchAll(fence)].map(([, language, words, text]) => ({
    language,
    settings: Object.fromEntries(words.split(' ').map((word) => word.split('='))),
    text,
  }));
}

/** The blocks of all pages, each with its page and its number among those of the page. */
const BLOCKS = PAGES.flatMap((page) =>
  fencedBlocks(read(page)).map((block, index) => ({ ...block, page, number: index + 1 })),
);

module.exports = { BLOCKS, PAGES, read };
