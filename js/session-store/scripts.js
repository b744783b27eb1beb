'use strict';

const { createHash } = require('node:crypto');
const DESTROY = require('./scripts/destroy-session.lua.js');
const READ = require('./scripts/read-session.lua.js');
const WRITE = require('./scripts/write-session.lua.js');

/** @typedef {Pick<InstanceType<typeof import('./memory.js').Memory>, 'delete' | 'expire' | 'get' | 'leftMs' | 'set'>} Texts */

/**
 * What the script of the same name does, on texts of this process.
 * @typedef {(texts: Texts, keys: string[], args: (string | number)[]) => any} Here
 */
/** @typedef {{ lua: string, sha: string, here: Here }} Script */

/**
 * @param {string} lua
 * @param {Here} here
 * @returns {Script}
 */
function scriptOf(lua, here) {
  return { lua, sha: sha1Of(lua), here };
}

/** @type {Here} */
function readHere(texts, [key]) {
  return [texts.get(key), texts.leftMs(key)];
}

/** @type {Here} */
function destroyHere(texts, [key, gone], [ms]) {
  texts.set(gone, '', Number(ms));
  return texts.delete(key) ? 1 : 0;
}

/** @type {Here} */
function writeHere(texts, [key, gone], [text, lifetime, expected]) {
  const ms = Number(lifetime);
  const write = () => {
    texts.set(key, String(text), ms);
    return 1;
  };
  const stored = texts.get(key);
  if (expected === 'new' || expected === 'keep') {
    if (texts.get(gone) !== null) return 0;
    if (expected === 'new' || stored === null) return write();
    if (ms > 0) texts.expire(key, ms);
    return 2;
  }
  if (stored === null) return 0;
  return expected === 'any' || sha1Of(stored) === expected ? write() : stored;
}

/** @param {string} text */
function sha1Of(text) {
  return createHash('sha1').update(text).digest('hex');
}

module.exports = {
  destroySession: scriptOf(DESTROY, destroyHere),
  readSession: scriptOf(READ, readHere),
  scriptOf,
  sha1Of,
  writeSession: scriptOf(WRITE, writeHere),
};
