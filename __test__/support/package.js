'use strict';

const path = require('node:path');
const { onEnd } = require('./cleanup');

const PACKAGE_ROOT = path.resolve(__dirname, '..', '..');
const SETTINGS = /^(REDIS_|CACHE_|USE_REDIS$|TEST_REDIS_|ORGCACHE_PREFIX$)/;

// The developer's environment must not affect the tests.
for (const name of Object.keys(process.env)) {
  if (SETTINGS.test(name)) delete process.env[name];
}

/**
 * A new instance of the package: only JavaScript is evaluated again, the native library is
 * loaded once a process. Configured with `options` if given, shut down after the last test.
 */
function openPackage(options) {
  let orgcache;
  jest.isolateModules(() => {
    orgcache = require(PACKAGE_ROOT);
  });
  if (options) orgcache.configure(options);
  // Not for long: the journal of a cache whose server is gone will not become empty.
  onEnd(() => orgcache.shutdown({ timeoutMs: 250 }));
  return orgcache;
}

module.exports = { openPackage, PACKAGE_ROOT };
