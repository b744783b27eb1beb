/** Types of the classes' instances, for files that need only the types: `module.exports` exports values. */
export type AbstractConnector = InstanceType<typeof import('./connector.js').AbstractConnector>;
export type Cluster = InstanceType<typeof import('./cluster/cluster.js').Cluster>;
export type Command = InstanceType<typeof import('./command.js').Command>;
export type DelayQueue = InstanceType<typeof import('./cluster/delay-queue.js').DelayQueue>;
export type LinkStream = InstanceType<typeof import('./stream.js').LinkStream>;
export type NodePool = InstanceType<typeof import('./cluster/node-pool.js').NodePool>;
export type Pipeline = InstanceType<typeof import('./pipeline.js').Pipeline>;
export type Redis = InstanceType<typeof import('./redis.js').Redis>;
export type Script = InstanceType<typeof import('./script.js').Script>;
export type SubscriptionSet = InstanceType<typeof import('./subscription-set.js').SubscriptionSet>;

/** A client of one server, or of a cluster. */
export type Client = (Redis | Cluster) & { isPipeline?: undefined };
