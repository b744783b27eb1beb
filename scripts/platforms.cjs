'use strict';

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');

/** Every platform that a binary is published for, and the name that rustc has for it. */
const RUST_TARGETS = Object.freeze({
  'darwin-arm64': 'aarch64-apple-darwin',
  'darwin-x64': 'x86_64-apple-darwin',
  'linux-arm64-gnu': 'aarch64-unknown-linux-gnu',
  'linux-arm64-musl': 'aarch64-unknown-linux-musl',
  'linux-x64-gnu': 'x86_64-unknown-linux-gnu',
  'linux-x64-musl': 'x86_64-unknown-linux-musl',
  'win32-arm64-msvc': 'aarch64-pc-windows-msvc',
  'win32-x64-msvc': 'x86_64-pc-windows-msvc',
});

/** Accepts the `.2.28` that cargo-zigbuild takes behind a gnu target to name its glibc. */
function platformOfTarget(target) {
  const bare = target.replace(/(-gnu)\.\d+\.\d+$/, '$1');
  const entry = Object.entries(RUST_TARGETS).find(([, rustTarget]) => rustTarget === bare);
  if (!entry) {
    throw new Error(
      `No package is published for the target ${target}; known targets are ${Object.values(RUST_TARGETS).join(', ')}.`,
    );
  }
  return entry[0];
}

function platformManifest(platform) {
  return JSON.parse(fs.readFileSync(path.join(ROOT, 'npm', platform, 'package.json'), 'utf8'));
}

/**
 * The version of the package that stands in for ioredis: one of ioredis 5, so that `^5` is content with it, and a later
 * one for each version of this package.
 */
function aliasVersion(version) {
  const [major, minor, patch] = version.split('.').map(Number);
  return `5.11.${(major * 1000 + minor) * 1000 + patch}`;
}

module.exports = { RUST_TARGETS, aliasVersion, platformOfTarget, platformManifest };
