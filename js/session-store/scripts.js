'use strict';

const { createHash } = require('node:crypto');
const DESTROY = require('./scripts/destroy-session.lua.js');
const READ = require('./scripts/read-session.lua.js');
const WRITE = require('./scripts/write-session.lua.js');

/** @typedef {{ lua: string, sha: string }} Script */

/**
 * @param {string} lua
 * @returns {Script}
 */
function scriptOf(lua) {
  return { lua, sha: sha1Of(lua) };
}

/** @param {string} text */
function sha1Of(text) {
  return createHash('sha1').update(text).digest('hex');
}

module.exports = {
  destroySession: scriptOf(DESTROY),
  readSession: scriptOf(READ),
  scriptOf,
  sha1Of,
  writeSession: scriptOf(WRITE),
};
