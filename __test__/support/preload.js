'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { onEnd } = require('./cleanup');

/** A library for LD_PRELOAD out of a source of `__test__/programs/`, built by the compiler that the addon needs too. */
function buildPreload(source) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-preload-'));
  onEnd(() => fs.rmSync(folder, { recursive: true, force: true }));
  const library = path.join(folder, 'preload.so');
  const file = path.join(__dirname, '..', 'programs', source);
  execFileSync('cc', ['-shared', '-fPIC', '-o', library, file, '-ldl']);
  return { folder, library };
}

module.exports = { buildPreload };
