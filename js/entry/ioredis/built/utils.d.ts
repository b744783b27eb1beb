/** What applications take from `ioredis/built/utils`. */
export const CONNECTION_CLOSED_ERROR_MSG: string;
/** The slot of a cluster that a key belongs to. */
export function calculateSlot(key: string | Buffer): number;
/** The slot that all the keys share, or -1. */
export function generateMultiSlot(keys: readonly (string | Buffer)[]): number;
/** Texts of the Buffers in a reply, at any depth. */
export function convertBufferToString(value: any, encoding?: BufferEncoding): any;
export function convertMapToArray<K, V>(map: Map<K, V>): (K | V)[];
export function convertObjectToArray<T>(object: Record<string, T>): (string | T)[];
/** Takes from later objects the members that the first lacks. */
export function defaults(target: any, ...sources: any[]): any;
export function isInt(value: any): value is string;
export function noop(): void;
export function optimizeErrorStack(error: Error, friendlyStack: string, filterPath: string): Error;
/** An object of the names and values of an array in which they alternate. */
export function packObject(array: readonly any[]): Record<string, any>;
/** The options that a URL of Redis stands for. */
export function parseURL(url: string): Record<string, any>;
export function resolveTLSProfile<T>(options: T): T;
/** A random element, from the index on; null where there is none. */
export function sample<T>(array: readonly T[], from?: number): T | null;
/** Brings the elements into random order, in place. */
export function shuffle<T>(array: T[]): T[];
/** A callback that is called once: with its outcome, or with an error after so many milliseconds. */
export function timeout<T>(
  callback: (error: Error | null, result?: T) => void,
  milliseconds: number,
): (error: Error | null, result?: T) => void;
export function toArg(value: any): string;
/** The replies of a transaction as pairs of error and result. */
export function wrapMultiResult(replies: readonly any[] | null): [Error | null, any][] | null;
export function zipMap<K, V>(keys: readonly K[], values: readonly V[]): Map<K, V>;
