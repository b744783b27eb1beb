import type { Context } from './context.js';
import type { Environment } from './environment.js';
import type { MakeError } from './native-types.js';

/** Takes the outcome of a call: a reply of the server or a value of the cache, whose shape only the caller knows. */
export type Resolve = (outcome: any) => void;

/** Takes why a call failed; of a Link's calls also whether a byte of it may have reached the server. */
export type Reject = (error: any, wasSent?: boolean) => void;

/** Makes the caller's value of an outcome. */
export type Reader = (outcome: any) => unknown;

/** A word of a command. */
export type Argument = string | number | ArrayBufferView;

/** The owner of a Link's bridge. */
export interface LinkOwner {
  /** JSON; without it JavaScript moves the bytes. */
  target?: string;
  makeError: MakeError;
  /** Is given what becomes of the connection, by one of `linkSlots`, and what answers no request. */
  told: (slot: number, value: any) => void;
  /** Calls have crossed, so that there may be bytes to move. */
  submitted?: () => void;
  /** Why calls got no reply. */
  lost?: Error;
}

export interface BridgeGiven {
  /**
   * Who uses the connection, by `protocol.roles`, with bits of `protocol.besideRoles`; a `dedicated` one may block or
   * subscribe.
   */
  role?: number;
  /** Without it no journal's directory is taken: it has one owner only. */
  hasJournal?: boolean;
  /** Is given what the server says unasked, in arrays of Buffers and numbers; after MONITOR a Buffer. */
  onPush?: (message: any) => void;
  /** Makes it one connection without policy. */
  link?: LinkOwner;
  /** Native code is opened in it. */
  context?: InstanceType<typeof Context>;
  environment?: InstanceType<typeof Environment>;
  /** Nothing is opened once it is over. */
  term?: { readonly isOver: boolean };
}
