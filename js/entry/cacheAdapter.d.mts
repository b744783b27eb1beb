export { cacheAdapter, cacheAdapter as default } from '../../index.js';
