import board from './bull-board.js';

export const { QueueAdapter } = board;
