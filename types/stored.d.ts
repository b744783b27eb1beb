/**
 * A value that the application stored, if a call names no type for it. `any`: servers that come from JavaScript use
 * what they stored without naming its type.
 */
export type Stored = any;
