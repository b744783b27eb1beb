'use strict';

const { createBullBoard } = require('@bull-board/api');
const { ExpressAdapter } = require('@bull-board/express');
const { QueueAdapter } = require('../../js/entry/bull-board.js');
const { serveBoard } = require('../support/board-app');
const { boardPageContract } = require('../support/board-page-contract');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');

async function open(options) {
  const orgcache = openPackage({ logLevel: 'off', ...options });
  return { orgcache, url: await serveBoard({ orgcache, QueueAdapter, createBullBoard, ExpressAdapter }) };
}

describe('the page of bull-board over the embedded store', () => {
  boardPageContract(() => open({ useRedis: false }), 'board-embedded');
});

describe('the page of bull-board over Redis', () => {
  boardPageContract(async () => open({ url: (await startRedis()).url }), 'board-redis');
});
