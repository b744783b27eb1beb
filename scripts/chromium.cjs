'use strict';

// Finds the Chromium in which tests open pages, and installs one where the system lets it. Nothing here starts a browser.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const HOW_TO_GET_CHROMIUM =
  'No Chromium was found: install one (Debian: apt-get install chromium, macOS: brew install --cask chromium) or name ' +
  'its program in ORGCACHE_TEST_CHROMIUM.';

/** Programs of Chromium, and of Chrome, which understands the same protocol. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const APPLICATIONS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * The path of a Chromium that runs, or null: the one that ORGCACHE_TEST_CHROMIUM names, else the first in PATH, else an
 * application of macOS.
 */
function findChromium({ env = process.env } = {}) {
  const chosen = env.ORGCACHE_TEST_CHROMIUM;
  if (chosen) return runs(chosen) ? chosen : null;
  const folders = (env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const inPath = folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name)));
  return [...inPath, ...APPLICATIONS].find((file) => fs.existsSync(file) && runs(file)) ?? null;
}

/** Ubuntu has a program of that name that only says where to get one. */
function runs(file) {
  return spawnSync(file, ['--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * Installs Debian's package where this process may.
 *
 * @param {{ say: (line: string) => void, succeeds: Function }} terminal where progress goes.
 * @returns {string | null} the path of a Chromium that runs.
 */
function installChromium({ say, succeeds }) {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const hasApt = folders.some((folder) => fs.existsSync(path.join(folder, 'apt-get')));
  if (process.getuid?.() !== 0 || !hasApt) return null;
  say("no Chromium found: trying Debian's chromium (apt-get install)");
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) => succeeds('apt-get', args, { env });
  if (!apt('update', '-qq')) return null;
  if (!apt('install', '-y', '-qq', '--no-install-recommends', 'chromium')) return null;
  return findChromium();
}

module.exports = { findChromium, installChromium, HOW_TO_GET_CHROMIUM };
