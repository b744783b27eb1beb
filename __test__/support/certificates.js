'use strict';

const path = require('node:path');
const { execFileSync } = require('node:child_process');

let made;

/**
 * `{ ca, cert, key, otherCa, expired, elsewhere, stranger }` as PEM text: a certificate for `localhost` and
 * 127.0.0.1, the authority that signed it, and another authority; then `{ cert, key }` of one that has
 * expired, of one for another name, and of one that the other authority signed. Made once a test file, in a process of its own because jest's realm has other typed arrays than WebCrypto expects.
 */
function certificates() {
  if (!made) {
    const program = path.join(__dirname, '..', 'programs', 'make-certificates.cjs');
    made = JSON.parse(execFileSync(process.execPath, [program], { encoding: 'utf8' }));
  }
  return made;
}

module.exports = { certificates };
