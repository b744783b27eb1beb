'use strict';

const path = require('node:path');
const Theirs = require('ioredis');
const { onEnd } = require('./cleanup');
const { PACKAGE_ROOT } = require('./package');
const { until } = require('./wait');

const Ours = require(path.join(PACKAGE_ROOT, 'js/entry/ioredis.js'));
const CLASSES = { orgcache: Ours, ioredis: Theirs };
const DRIVERS = process.platform === 'win32' ? ['thread'] : ['loop', 'thread'];

/** Chooses the driver of the clients that are made from here on, as `CACHE_DRIVER` does. */
function useDriver(driver) {
  process.env.CACHE_DRIVER = driver;
}

/** A client of the package, or of ioredis itself, which is disconnected when the file is done. */
function open(Redis, ...args) {
  return keep(new Redis(...args));
}

function keep(client) {
  // A test that waits for an error has its own listener.
  client.on('error', () => {});
  onEnd(() => client.disconnect());
  return client;
}

/** The same options for both classes, on databases 0 and 1 of one server. */
function openBoth({ port }, options = {}) {
  return {
    ours: open(Ours, { port, db: 0, ...options }),
    theirs: open(Theirs, { port, db: 1, ...options }),
  };
}

/** The outcome of a call. An error is its class, its words and the command that it names. */
async function outcome(promise) {
  try {
    return { value: shown(await promise) };
  } catch (error) {
    return shown(error);
  }
}

function shown(value) {
  if (value instanceof Error) {
    const { name, message, command } = value;
    return command === undefined ? { name, message } : { name, message, command: shown(command) };
  }
  if (Buffer.isBuffer(value)) return { bytes: value.toString('latin1') };
  if (Array.isArray(value)) return value.map(shown);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shown(member)]));
}

/** Has `work` done by both and expects the same of both. */
async function expectSame({ ours, theirs }, work) {
  const [own, other] = [await outcome(work(ours)), await outcome(work(theirs))];
  expect(own).toEqual(other);
  return own;
}

function ready(client) {
  return until(() => client.status === 'ready', { what: 'a client that is ready' });
}

module.exports = {
  CLASSES,
  DRIVERS,
  Ours,
  Theirs,
  expectSame,
  keep,
  open,
  openBoth,
  outcome,
  ready,
  useDriver,
};
