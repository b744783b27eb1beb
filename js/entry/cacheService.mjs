import service from './cacheService.js';

export const { cacheService } = service;

export default cacheService;
