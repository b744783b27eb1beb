export { redisMigrationManager, redisMigrationManager as default } from '../../index.js';
