import { expect, it } from 'vitest';
import { SourceRefusal } from './refusal.js';

const of = (examples?: Readonly<Record<string, string>>): string =>
  new SourceRefusal({ field: 'command', why: 'w', hint: 'Name it.', examples }).hint;

it('has its examples as lines of config.json in the hint, which deploy and plan show as well', () => {
  expect(of()).toBe('Name it.');
  expect(of({ command: './run' })).toBe('Name it. In config.json that is a line such as "command": "./run".');
  expect(of({ build: 'make', command: './run' })).toBe(
    'Name it. In config.json these are lines such as "build": "make" and "command": "./run".',
  );
});
