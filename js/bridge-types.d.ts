import type { Context } from './context.js';
import type { Environment } from './environment.js';
import type { MakeError } from './native-types.js';

/** Receives the outcome of a call: a reply of the server or a value of the cache. Only the caller knows its shape. */
export type Resolve = (outcome: any) => void;

/**
 * Receives the error of a call. For a Link's calls it also receives whether a byte of the call may have reached the
 * server.
 */
export type Reject = (error: any, wasSent?: boolean) => void;

/** Converts an outcome into the caller's value. */
export type Reader = (outcome: any) => unknown;

/** An argument of a command. */
export type Argument = string | number | ArrayBufferView;

/** The owner of a Link's bridge. */
export interface LinkOwner {
  /** The target as JSON. Without it, JavaScript moves the bytes. */
  target?: string;
  makeError: MakeError;
  /** Called with changes of the connection, by one of `linkEvents`, and with messages that answer no request. */
  handleEvent: (event: number, value: any) => void;
  /** Called when calls have crossed, so that there may be bytes to move. */
  submitted?: () => void;
  /** The error of calls that got no reply. */
  lost?: Error;
}

export interface BridgeGiven {
  /**
   * The user of the connection: one of `protocol.roles`, with bits of `protocol.besideRoles`. A `dedicated` user
   * may block or subscribe.
   */
  role?: number;
  /** Whether it takes the journal's directory, which has one owner only. */
  hasJournal?: boolean;
  /**
   * Called with the server's push messages, in arrays of Buffers and numbers. After MONITOR it is called with a
   * Buffer.
   */
  onPush?: (message: any) => void;
  /** Makes the connection a Link, which has no policy. */
  link?: LinkOwner;
  /** The context in which native code is opened. */
  context?: InstanceType<typeof Context>;
  environment?: InstanceType<typeof Environment>;
  /** Nothing is opened after its end. */
  term?: { readonly isOver: boolean };
}
