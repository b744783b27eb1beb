// What the package takes of packages that applications install beside it.
declare module 'express-session' {
  export const Store: new () => import('node:events').EventEmitter & {
    createSession(request: any, session: any): any;
  };
}
