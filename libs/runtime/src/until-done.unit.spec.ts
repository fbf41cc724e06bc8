import { expect, it, vi } from 'vitest';
import { UntilDone } from './until-done.js';

const failing = (times: number) => {
  let left = times;
  return vi.fn(() => ((left -= 1) < 0 ? Promise.resolve() : Promise.reject(new Error(`${left} more`))));
};

it('resolves after the first try, and goes on until it is done', async () => {
  const [work, failures] = [failing(2), vi.fn()];
  const until = new UntilDone(work, failures, 1);
  await until.start();
  expect(work).toHaveBeenCalledTimes(1);
  await vi.waitFor(() => expect(work).toHaveBeenCalledTimes(3));
  await until.stop();
  expect(failures).toHaveBeenCalledTimes(2);
});

it('throws what would fail for ever, and tries no more', async () => {
  const work = failing(9);
  const until = new UntilDone(work, () => undefined, 1);
  await expect(until.start(() => false)).rejects.toThrow('8 more');
  await until.stop();
  expect(work).toHaveBeenCalledTimes(1);
});

it('does not begin again once it is stopped', async () => {
  const work = failing(9);
  const until = new UntilDone(work, () => undefined, 60_000);
  await until.start();
  await until.stop();
  expect(work).toHaveBeenCalledTimes(1);
});
