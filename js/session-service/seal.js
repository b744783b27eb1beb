'use strict';

const { createCipheriv, createDecipheriv, hkdfSync, randomBytes } = require('node:crypto');

const CIPHER = 'aes-256-gcm';
const [KEY_BYTES, IV_BYTES, TAG_BYTES] = [32, 12, 16];
const PURPOSE = 'orgcache session-service, sessions that have moved';

/**
 * Keeps ids where everybody may read them: only whoever has a secret opens them, and only under the name they were sealed
 * with.
 */
class Seal {
  #secrets;

  /** @param {readonly string[]} secrets The first one seals, and all open. */
  constructor(secrets) {
    this.#secrets = secrets;
  }

  /**
   * @param {string} text
   * @param {string} name
   */
  close(text, name) {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, keyOf(String(this.#secrets[0]), name), iv);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /**
   * @param {string} sealed
   * @param {string} name
   * @returns {string | null} `null`: no secret has sealed it.
   */
  open(sealed, name) {
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length <= IV_BYTES + TAG_BYTES) return null;
    for (const secret of this.#secrets) {
      const decipher = createDecipheriv(CIPHER, keyOf(secret, name), bytes.subarray(0, IV_BYTES));
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      try {
        return (
          decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
        );
      } catch {
        // Another secret may have sealed it.
      }
    }
    return null;
  }
}

/**
 * @param {string} secret
 * @param {string} name
 */
function keyOf(secret, name) {
  return Buffer.from(hkdfSync('sha256', secret, name, PURPOSE, KEY_BYTES));
}

module.exports = { Seal };
