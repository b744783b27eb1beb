import service from './rate-limit-service.js';

export const { rateLimitService } = service;

export default rateLimitService;
