import Redis from '../ioredis/index.js';

export default Redis;
export const {
  AbstractConnector,
  Cluster,
  Command,
  MaxRetriesPerRequestError,
  Pipeline,
  ReplyError,
  ScanStream,
  createClient,
  print,
} = Redis;
export { Redis };
