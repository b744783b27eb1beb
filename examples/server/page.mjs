// The page in `page/`, and header fields with which browsers refuse everything that this server does not need.

import { fileURLToPath } from 'node:url';
import express from 'express';

const FOLDER = fileURLToPath(new URL('page', import.meta.url));

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

const ONE_YEAR = 'max-age=31536000';

export function protectPage(_request, response, next) {
  response.set(HEADERS);
  // Over plain HTTP browsers ignore it.
  if (process.env.NODE_ENV === 'production') response.set('Strict-Transport-Security', ONE_YEAR);
  next();
}

export const servePage = express.static(FOLDER);
