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

/** The manifest of a platform's package, with everything that it shares with the main one. */
function completeManifest(platform, main) {
  const { version, license, author, homepage, repository, bugs, keywords, engines } = main;
  const { name, description, os, cpu, libc } = platformManifest(platform);
  const binary = `orgcache.${platform}.node`;
  return {
    name,
    version,
    description,
    keywords,
    homepage,
    bugs,
    repository: { ...repository, directory: `npm/${platform}` },
    license,
    author,
    type: 'commonjs',
    main: binary,
    exports: {
      // Node takes the binary. Bundlers, which cannot read it, take the JavaScript that says where it is.
      '.': { webpack: './location.webpack.mjs', module: './location.js', default: `./${binary}` },
      './*': './*',
    },
    files: [binary, ...Object.keys(locationFiles(platform)), NOTICES],
    engines,
    os,
    cpu,
    ...(libc && { libc }),
  };
}

/** The file that names the crates in a binary, with their licences: scripts/third-party-notices.mjs. */
const NOTICES = 'THIRD-PARTY-NOTICES.txt';

/** What a platform's package has for bundlers, by file name. */
function locationFiles(platform) {
  const binary = `orgcache.${platform}.node`;
  return {
    'location.js': `'use strict';

const path = require('node:path');
const { version } = require('./package.json');

// Tracers follow a path of this form and take the binary along. A bundle of ES modules has no \`__dirname\`.
const file = typeof __dirname === 'string' ? path.join(__dirname, '${binary}') : '';

module.exports = { file, version };
`,
    'location.webpack.mjs': `import { fileURLToPath } from 'node:url';
import manifest from './package.json';

// webpack copies a file that is named like this beside the bundle, with no loader configured.
export const file = fileURLToPath(new URL('./${binary}', import.meta.url));
export const { version } = manifest;
`,
  };
}

module.exports = {
  NOTICES,
  RUST_TARGETS,
  aliasVersion,
  completeManifest,
  locationFiles,
  platformOfTarget,
  platformManifest,
};
