// Who may log in. An application keeps its users in a database, with hashes of this kind.

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** Demo passwords: the page shows them to everybody, and they protect nothing. `ben` is two users, one of each organization. */
const DEMO_USERS = [
  { organizationId: 'harbor', userId: 'ann', demoPassword: 'demo-ann-harbor' },
  { organizationId: 'harbor', userId: 'ben', demoPassword: 'demo-ben-harbor' },
  { organizationId: 'valley', userId: 'ben', demoPassword: 'demo-ben-valley' },
  { organizationId: 'valley', userId: 'cleo', demoPassword: 'demo-cleo-valley' },
];

/** Cheap, so that the server starts quickly. For passwords that protect something OWASP advises `p: 5`. */
const COST = { N: 2 ** 14, r: 8, p: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

const derive = promisify(scrypt);

async function hash(password, salt = randomBytes(SALT_BYTES)) {
  return { salt, bytes: await derive(password, salt, HASH_BYTES, COST) };
}

/** Hashes the demo passwords. The answer tells whether a password is the one of a user. */
export async function loadUsers() {
  const key = (organizationId, userId) => JSON.stringify([organizationId, userId]);
  const hashes = new Map();
  for (const { organizationId, userId, demoPassword } of DEMO_USERS) {
    hashes.set(key(organizationId, userId), await hash(demoPassword));
  }
  // A user who does not exist takes as long as one who does, so the time tells nobody who exists.
  const nobody = await hash(randomBytes(HASH_BYTES));

  return async function isPassword({ organizationId, userId, password }) {
    const known = hashes.get(key(organizationId, userId));
    const { salt, bytes } = known ?? nobody;
    const given = await hash(password, salt);
    return timingSafeEqual(given.bytes, bytes) && known !== undefined;
  };
}
