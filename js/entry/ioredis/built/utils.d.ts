/** The members of `ioredis/built/utils` that applications use. */
export const CONNECTION_CLOSED_ERROR_MSG: string;
/** The cluster slot of a key. */
export function calculateSlot(key: string | Buffer): number;
/** The slot of all the keys, or -1 if they are in several. */
export function generateMultiSlot(keys: readonly (string | Buffer)[]): number;
/** Converts the Buffers in a reply to texts, at any depth. */
export function convertBufferToString(value: any, encoding?: BufferEncoding): any;
export function convertMapToArray<K, V>(map: Map<K, V>): (K | V)[];
export function convertObjectToArray<T>(object: Record<string, T>): (string | T)[];
/** Copies from later objects the members that the first lacks. */
export function defaults(target: any, ...sources: any[]): any;
export function isInt(value: any): value is string;
export function noop(): void;
export function optimizeErrorStack(error: Error, friendlyStack: string, filterPath: string): Error;
/** An object from an array of alternating names and values. */
export function packObject(array: readonly any[]): Record<string, any>;
/** The options in a Redis URL. */
export function parseURL(url: string): Record<string, any>;
export function resolveTLSProfile<T>(options: T): T;
/** A random element, from the index on; null if there is none. */
export function sample<T>(array: readonly T[], from?: number): T | null;
/** Shuffles the elements in place. */
export function shuffle<T>(array: T[]): T[];
/** A callback that runs once: with its outcome, or with an error after this many milliseconds. */
export function timeout<T>(
  callback: (error: Error | null, result?: T) => void,
  milliseconds: number,
): (error: Error | null, result?: T) => void;
export function toArg(value: any): string;
/** The replies of a transaction as pairs of error and result. */
export function wrapMultiResult(replies: readonly any[] | null): [Error | null, any][] | null;
export function zipMap<K, V>(keys: readonly K[], values: readonly V[]): Map<K, V>;
