'use strict';

const { onEnd } = require('./cleanup');
const { PACKAGE_ROOT } = require('./package');

const SECRET = 'a secret that all instances have in common';

/** A service of an instance of its own, with that instance. */
function openService(options, serviceOptions = { secret: SECRET }) {
  let made;
  jest.isolateModules(() => {
    const orgcache = require(PACKAGE_ROOT);
    const { SessionService } = require('../../js/session-service/service.js');
    orgcache.configure({ logLevel: 'off', ...options });
    made = { orgcache, service: new SessionService(orgcache, serviceOptions) };
  });
  onEnd(() => made.orgcache.shutdown({ timeoutMs: 250 }));
  return made;
}

module.exports = { SECRET, openService };
