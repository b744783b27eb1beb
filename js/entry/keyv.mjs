import stores from './keyv.js';

export const { Keyv5Store, KeyvStore } = stores;
