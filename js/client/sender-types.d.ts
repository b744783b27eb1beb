import type { ChannelNames } from './channel-names.js';
import type { Command } from './commands.js';
import type { DedicatedConnection } from './dedicated-connection.js';
import type { Argument } from './encode-arguments.js';
import type { QueuedCommand } from './queued-transaction.js';
import type { Sender } from './sender.js';

/** An instance of the class. */
export type CommandSender = InstanceType<typeof Sender>;

export type Resolve = (reply: unknown) => void;
export type Reject = (error: unknown) => void;

/** Carries out a command in the client itself. */
export type Handler = (args: Argument[]) => Promise<unknown>;

/** Sends a command. Its outcome goes to one of two functions. */
export type Say = (
  command: Command,
  args: Argument[],
  flags: number,
  resolve: Resolve,
  reject: Reject,
) => void;

/** Sends a command. */
export type Ask = (command: Command, args: Argument[], flags: number) => Promise<unknown>;

/** Sends commands as one transaction. */
export type Transact = (
  commands: QueuedCommand[],
  resolve: (replies: unknown[] | null) => void,
  reject: Reject,
) => void;

export interface SenderOptions {
  isPrefixed: boolean;
  channelNames: ChannelNames;
  handlers: Record<string, Handler | undefined>;
  onSelect: (database: number) => void;
  isReady: (() => boolean) | undefined;
  stringNumbers: boolean;
}

/** A connection that one caller uses alone. */
export interface Lent {
  connection: DedicatedConnection;
  /** Number of losses of the connection when WATCH was sent; undefined if nothing is watched. */
  losses?: number;
}
