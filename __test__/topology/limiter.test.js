'use strict';

const { startCluster } = require('../support/cluster');
const { limiterContract } = require('../support/limiter-contract');
const { openPackage } = require('../support/package');

describe.each(['loop', 'thread'])('a limiter in a cluster with the %s driver', (driver) => {
  const open = async () => openPackage({ clusterHosts: (await startCluster()).hosts.join(','), driver });
  limiterContract(open, { isShared: true });
});
