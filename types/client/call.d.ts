import type { RedisArgument, RedisCallback } from './values.js';

/** An argument. A list is spread, one level deep. */
export type RedisWord = RedisArgument | readonly RedisArgument[];

type Lists = { 0: []; 1: [RedisWord]; 2: [RedisWord, RedisWord] };
type Counted = {
  0: [];
  1: [a: RedisArgument];
  2: [a: RedisArgument, b: RedisArgument];
  3: [a: RedisArgument, b: RedisArgument, c: RedisArgument];
  4: [a: RedisArgument, b: RedisArgument, c: RedisArgument, d: RedisArgument];
  5: [a: RedisArgument, b: RedisArgument, c: RedisArgument, d: RedisArgument, e: RedisArgument];
};

export type Exactly<Count extends keyof Counted> = Counted[Count];
export type AtLeast<Count extends keyof Lists> = [...first: Lists[Count], ...more: RedisWord[]];

/** The content of a Map or an object that is taken for pairs. */
export type PairSource =
  | Readonly<Record<string, RedisArgument | null | undefined>>
  | ReadonlyMap<RedisArgument, RedisArgument | null | undefined>;

type AnyCase<Word extends string> = Word | Lowercase<Word>;

type SetFlag = AnyCase<'NX' | 'XX' | 'GET' | 'KEEPTTL'>;
type SetValued = AnyCase<'EX' | 'PX' | 'EXAT' | 'PXAT' | 'IFEQ' | 'IFNE' | 'IFDEQ' | 'IFDNE'>;
type WithSetOption<Before extends RedisArgument[]> =
  | Before
  | [SetFlag, ...Before]
  | [SetValued, RedisArgument, ...Before];

/** A list of all arguments is spread. Its elements are not checked. */
type AsList = [words: readonly RedisArgument[]];

export type SetWords =
  | AsList
  | [key: RedisArgument, value: RedisArgument, ...options: WithSetOption<WithSetOption<WithSetOption<[]>>>];

export type GetexWords =
  | AsList
  | [key: RedisArgument]
  | [key: RedisArgument, option: AnyCase<'PERSIST'>]
  | [key: RedisArgument, option: AnyCase<'EX' | 'PX' | 'EXAT' | 'PXAT'>, time: RedisArgument];

export type ExpireWords =
  | AsList
  | [key: RedisArgument, time: RedisArgument]
  | [key: RedisArgument, time: RedisArgument, option: AnyCase<'NX' | 'XX' | 'GT' | 'LT'>];

export type HashFields = [key: RedisArgument, fields: PairSource] | AtLeast<2>;
export type Pairs = [pairs: PairSource] | AtLeast<1>;

/** A method of a command. `unknown`: the arguments of any command. */
export type Call<Given extends readonly unknown[], Reply> = (
  ...given: Given | [...given: Given, callback: RedisCallback<Reply>]
) => Promise<Reply>;

/** Texts, numbers, null and lists of them. The command's documentation has the shape. */
export type Nested<Text> = Text | number | null | Nested<Text>[];

type ReplyTo<Name extends string, Replies> =
  Uppercase<Name> extends keyof Replies ? Replies[Uppercase<Name>] : Replies[keyof Replies];

/**
 * A command whose first argument says what it does; it may be written in either case. `unknown`: the arguments of any
 * command.
 */
export type Subcommands<Given extends readonly unknown[], Replies> = (<Name extends string>(
  subcommand: Name,
  ...given: RedisWord[] | [...given: RedisWord[], callback: RedisCallback<ReplyTo<Name, Replies>>]
) => Promise<ReplyTo<Name, Replies>>) &
  Call<Given, Replies[keyof Replies]>;
