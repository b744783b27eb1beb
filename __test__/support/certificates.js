'use strict';

const path = require('node:path');
const { execFileSync } = require('node:child_process');

let made;

/**
 * `{ ca, cert, key, otherCa }` as PEM text: a certificate for `localhost` and 127.0.0.1, the
 * authority that signed it, and an authority that signed nothing. Made once a test file, in a
 * process of its own because jest's realm has other typed arrays than WebCrypto expects.
 */
function certificates() {
  if (!made) {
    const program = path.join(__dirname, '..', 'programs', 'make-certificates.cjs');
    made = JSON.parse(execFileSync(process.execPath, [program], { encoding: 'utf8' }));
  }
  return made;
}

module.exports = { certificates };
