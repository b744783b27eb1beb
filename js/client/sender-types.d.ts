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

/** Carries a command out in the client itself. */
export type Handler = (args: Argument[]) => Promise<unknown>;

/** Sends a command, whose outcome goes to one of two functions. */
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

/** A connection that one caller has. */
export interface Lent {
  connection: DedicatedConnection;
  /** How often the connection had been lost when it began to watch; undefined where it watches nothing. */
  losses?: number;
}
