'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { PLATFORMS } = require('../../js/native.js');
const { NOTICES, RUST_TARGETS, completeManifest, locationFiles } = require('../../scripts/platforms.cjs');
const { ROOT } = require('../support/packed');

const main = require('../../package.json');

const LICENCES = /MIT License|Apache License|Permission is hereby granted|Redistribution and use|ISC License/;

describe.each(PLATFORMS)('the package of %s', (platform) => {
  const read = (file) => fs.readFileSync(path.join(ROOT, 'npm', platform, file), 'utf8');

  test('has the same facts as the package: `node scripts/sync-platforms.mjs` carries it over', () => {
    expect(JSON.parse(read('package.json'))).toEqual(completeManifest(platform, main));
    expect(read('LICENSE')).toBe(fs.readFileSync(path.join(ROOT, 'LICENSE'), 'utf8'));
    for (const [file, text] of Object.entries(locationFiles(platform))) expect(read(file)).toBe(text);
    const { homepage, repository, bugs, keywords } = JSON.parse(read('package.json'));
    expect(repository.url).toBe(main.repository.url);
    expect([homepage, bugs.url].every((address) => address.startsWith('https://'))).toBe(true);
    expect(keywords).toContain('redis');
  });

  test('names every crate in its binary: `node scripts/third-party-notices.mjs` writes them', () => {
    const notices = read(NOTICES);
    const named = [...notices.matchAll(/^- ([\w-]+ \d\S*) \(/gm)].map(([, crate]) => crate);
    expect(named).toEqual(linkedCrates(platform));
    expect(notices).toContain('- The Rust standard library (');
    // Each of them has its text: one text may be that of several.
    const headings = notices.split(/\n\n-{80}\n\n/).slice(1);
    const withText = headings.flatMap((part) => part.slice(0, part.indexOf(':\n')).split(', '));
    expect(named.filter((crate) => !withText.includes(crate))).toEqual([]);
    expect(notices).toMatch(LICENCES);
  });
});

/** From cargo: without build dependencies and procedural macros. */
function linkedCrates(platform) {
  const flags = ['--edges', 'normal,no-proc-macro', '--prefix', 'none', '--no-dedupe', '--locked'];
  const { stdout, status } = spawnSync(
    'cargo',
    ['tree', ...flags, '--target', RUST_TARGETS[platform], '--format', '{p}'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  expect(status).toBe(0);
  const crates = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ').slice(0, 2).join(' ').replace(' v', ' '));
  return [...new Set(crates)].filter((crate) => !crate.startsWith('orgcache ')).sort();
}
