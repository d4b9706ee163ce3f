import { expect, test } from 'vitest';
import { RunEmitter } from './events.js';

test('an exception in one listener is reported, and other listeners still receive the event', () => {
  const events = new RunEmitter();
  const heard: string[] = [];
  events.on('log', () => {
    throw new Error('broken');
  });
  events.on('log', (_, message) => heard.push(message));
  events.on('warning', (message) => heard.push(message));
  events.emit('log', 'info', 'hello');
  expect(heard).toEqual(['a listener of log failed: broken', 'hello']);
});

test('a rejected promise of a listener is reported', async () => {
  const events = new RunEmitter();
  const warnings: string[] = [];
  events.on('warning', (message) => warnings.push(message));
  // Typed as returning nothing, as a listener written in JavaScript may be.
  const late = (): unknown => Promise.reject(new Error('late'));
  events.on('version', late);
  events.emit('version', { strategy: 'a', seed: 1, version: 1 });
  await new Promise(setImmediate);
  expect(warnings).toEqual(['a listener of version failed: late']);
});

test('a warning listener that throws does not affect other listeners and is not reported again', () => {
  const events = new RunEmitter();
  const heard: string[] = [];
  events.on('warning', () => {
    throw new Error('broken');
  });
  events.on('warning', (message) => heard.push(message));
  events.emit('warning', 'disk is slow');
  expect(heard).toEqual(['disk is slow']);
});

test('a removed listener receives nothing', () => {
  const events = new RunEmitter();
  const heard: string[] = [];
  const off = events.on('warning', (message) => heard.push(message));
  off();
  events.emit('warning', 'x');
  expect(heard).toEqual([]);
});
