// The packages of the platforms. npm installs the one that fits, if any. native.js describes their content.
declare module 'orgcache-darwin-arm64';
declare module 'orgcache-darwin-x64';
declare module 'orgcache-linux-arm64-gnu';
declare module 'orgcache-linux-arm64-musl';
declare module 'orgcache-linux-x64-gnu';
declare module 'orgcache-linux-x64-musl';
declare module 'orgcache-win32-arm64-msvc';
declare module 'orgcache-win32-x64-msvc';
