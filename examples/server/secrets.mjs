import { randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/**
 * A secret out of the environment, which all instances need alike. Elsewhere than in production a process may make its own:
 * then its sessions and limits are its own too, and end with it.
 */
export function secretFrom(variable) {
  const { NODE_ENV, [variable]: secret } = process.env;
  if (secret || NODE_ENV === 'production') return secret;
  return randomBytes(SECRET_BYTES).toString('base64');
}
