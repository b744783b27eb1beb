export { cacheAdapter, cacheAdapter as default } from '../../index.mjs';
