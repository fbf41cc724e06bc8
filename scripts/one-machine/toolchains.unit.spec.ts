import { expect, it } from 'vitest';
import { wantedToolchains } from './toolchains.js';

it('names the toolchains that are asked for, and those there are where one is unknown', () => {
  expect(wantedToolchains('')).toEqual([]);
  expect(wantedToolchains('go,java')).toEqual(['go', 'java']);
  expect(() => wantedToolchains('go,cobol')).toThrow(
    'SLIPWAY_TOOLCHAINS: cobol is unknown; there are go, java',
  );
});
