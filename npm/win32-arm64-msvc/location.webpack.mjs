import { fileURLToPath } from 'node:url';
import manifest from './package.json';

// webpack copies a file that is named like this beside the bundle, with no loader configured.
export const file = fileURLToPath(new URL('./orgcache.win32-arm64-msvc.node', import.meta.url));
export const { version } = manifest;
