'use strict';

/**
 * The rules of HTTP for `cacheResponse`: functions of requests and responses, which know neither a framework nor a
 * cache. Headers have their names in lower case, as in Node.
 */
const { cacheStatusOf } = require('./cache-status.js');
const { ageOf, madeAtMs, notModifiedHeaders, storedHeaders } = require('./headers.js');
const { planOf, variantOf } = require('./request.js');
const { storabilityOf } = require('./response.js');
const { etagOf, isNotModified } = require('./validators.js');

module.exports = {
  ageOf,
  cacheStatusOf,
  etagOf,
  isNotModified,
  madeAtMs,
  notModifiedHeaders,
  planOf,
  storabilityOf,
  storedHeaders,
  variantOf,
};
