'use strict';

const { createBullBoard } = require('@bull-board/api');
const { ExpressAdapter } = require('@bull-board/express');
const { QueueAdapter } = require('../../js/entry/bull-board.js');
const { serveBoard } = require('../support/board-app');
const { boardContract } = require('../support/board-contract');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');

const serve = (orgcache) => serveBoard({ orgcache, QueueAdapter, createBullBoard, ExpressAdapter });

describe('a board over the embedded store', () => {
  boardContract(async () => {
    const orgcache = openPackage({ useRedis: false, logLevel: 'off' });
    return { orgcache, url: await serve(orgcache), isEmbedded: true };
  });
});

describe.each(['loop', 'thread'])('a board over Redis with the %s driver', (driver) => {
  boardContract(async () => {
    const orgcache = openPackage({ url: (await startRedis()).url, driver, logLevel: 'off' });
    return { orgcache, url: await serve(orgcache), isEmbedded: false };
  });
});
