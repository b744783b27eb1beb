import utils from './utils.js';

export const {
  CONNECTION_CLOSED_ERROR_MSG,
  calculateSlot,
  convertBufferToString,
  convertMapToArray,
  convertObjectToArray,
  defaults,
  generateMultiSlot,
  isInt,
  noop,
  optimizeErrorStack,
  packObject,
  parseURL,
  resolveTLSProfile,
  sample,
  shuffle,
  timeout,
  toArg,
  wrapMultiResult,
  zipMap,
} = utils;

export default utils;
