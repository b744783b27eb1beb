'use strict';

/** Names for sets of TLS options. */
const TLS_PROFILES = {};

/** Puts the TLS options that a profile stands for in the place of its name. */
function resolveTLSProfile(options) {
  const tls = typeof options?.tls === 'string' ? { profile: options.tls } : options?.tls;
  const profile = TLS_PROFILES[tls?.profile];
  if (profile === undefined) return options;
  const { profile: _name, ...own } = tls;
  return { ...options, tls: { ...profile, ...own } };
}

module.exports = { TLS_PROFILES, resolveTLSProfile };
