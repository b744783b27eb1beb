import service from './session-service.js';

export const { createSessionService, sessionService } = service;

export default sessionService;
