import service from './queueService.js';

export const { queueService } = service;

export default queueService;
