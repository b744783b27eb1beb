import { cacheAdapter } from '../../index.js';

declare const entry: typeof cacheAdapter & { readonly default: typeof cacheAdapter };

export = entry;
