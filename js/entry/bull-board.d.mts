export * from './bull-board.js';
