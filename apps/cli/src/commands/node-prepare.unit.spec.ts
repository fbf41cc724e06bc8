import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CliError, exitCodes } from '../errors.js';
import { Output } from '../output.js';
import { keyWaitOf, onceLetIn } from './node-prepare.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const KEY = { path: '/home/a/.ssh/key', line: 'ssh-ed25519 AAAA slipway', isNew: true };
const refusal = (): CliError =>
  new CliError('SSH_LOGIN_REFUSED', 'refused', exitCodes.failed, { hint: 'Let the key in.' });

function waitUnderTest(waitMs: number, open: () => boolean) {
  const out = new PassThrough();
  const stream = out as unknown as NodeJS.WriteStream;
  const output = new Output({ json: false, out: stream, err: stream });
  const add = (): Promise<string> => (open() ? Promise.resolve('added') : Promise.reject(refusal()));
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const result = onceLetIn(KEY, { address: '10.0.0.5' }, { add, waitMs, pause }, output);
  result.catch(() => undefined);
  return { result, said: () => String(out.read()).split('\n') };
}

it('a key that is waited for says so again and again, and how to go on when the time is over', async () => {
  const { result, said } = waitUnderTest(100_000, () => false);
  await vi.advanceTimersByTimeAsync(99_000);
  const lines = said().filter((line) => line.includes('does not let the key in yet'));
  expect(lines).toEqual(
    [30, 60, 90].map((seconds) => `10.0.0.5 does not let the key in yet, after ${seconds} s.`),
  );
  await vi.advanceTimersByTimeAsync(2_000);
  await expect(result).rejects.toMatchObject({ code: 'KEY_NOT_LET_IN', exitCode: 1 });
});

it('at a terminal it is waited for until Ctrl-C, elsewhere for ten minutes, unless it is told', async () => {
  const confirm = () => Promise.resolve(true);
  expect(keyWaitOf({ makeKey: true, confirm })).toBe(Infinity);
  expect(keyWaitOf({ makeKey: true })).toBe(600_000);
  expect(keyWaitOf({ makeKey: true, confirm, keyWait: '2m' })).toBe(120_000);
  let isOpen = false;
  const { result } = waitUnderTest(Infinity, () => isOpen);
  await vi.advanceTimersByTimeAsync(3_600_000);
  isOpen = true;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await result).toBe('added');
});
