import * as utils from './utils.js';

export * from './utils.js';
export default utils;
