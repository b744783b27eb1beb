// Declared as in lib.esnext.disposable, which TypeScript has since 5.2 and few projects name. The declarations
// merge with it.
declare global {
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
    /** Fallback of `await using`. */
    readonly dispose: unique symbol;
  }

  interface Disposable {
    /** Ends the use of the object. `using` calls it. */
    [Symbol.dispose](): void;
  }
  interface AsyncDisposable {
    /** Ends the use of the object. `await using` calls it. */
    [Symbol.asyncDispose](): PromiseLike<void>;
  }
}

export {};
