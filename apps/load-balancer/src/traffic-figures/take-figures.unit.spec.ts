import { expect, it } from 'vitest';
import type { FeedFigures, FiguresRow } from '#libs/contracts';
import { type FiguresWriter, TakeFigures } from './take-figures.js';

/** What was written, in order; each write waits until it is let go. */
class TestWriter implements FiguresWriter {
  readonly written: (FiguresRow | undefined)[] = [];
  readonly answers: PromiseWithResolvers<boolean>[] = [];
  isRemoved = false;

  write(_saidAt: number, body?: FiguresRow): Promise<boolean> {
    this.written.push(body);
    const answer = Promise.withResolvers<boolean>();
    this.answers.push(answer);
    return answer.promise;
  }
  remove(): Promise<void> {
    this.isRemoved = true;
    return Promise.resolve();
  }
}

const settled = () => new Promise(setImmediate);
const says = (more: Partial<FeedFigures> = {}): FeedFigures => ({
  ...{ type: 'figures', at: 1_000, services: [], instances: [] },
  ...more,
});
const web = (inFlight: number) => ({ name: 'shop/web', inFlight });

function taking() {
  const writer = new TestWriter();
  const errors: unknown[] = [];
  const take = new TakeFigures({ writer, now: () => 1_500, onError: (error) => errors.push(error) });
  return { writer, take, errors };
}

it('what is said while a row is written is one more row, with the newest of each', async () => {
  const { writer, take } = taking();
  for (const inFlight of [1, 2, 3]) take.take(says({ services: [web(inFlight)] }));
  writer.answers[0]?.resolve(true);
  await settled();
  expect(writer.written.map((row) => row?.services[0]?.inFlight)).toEqual([1, 3]);
});

it('that all is as before is written without the figures, unless the row is gone', async () => {
  const { writer, take } = taking();
  take.take(says({ services: [web(1)] }));
  writer.answers[0]?.resolve(true);
  await settled();
  take.take(says());
  writer.answers[1]?.resolve(false);
  await settled();
  expect(writer.written.map((row) => row?.services.length)).toEqual([1, undefined, 1]);
});

it('what could not be written is written with the next word', async () => {
  const { writer, take, errors } = taking();
  take.take(says({ services: [web(1)] }));
  writer.answers[0]?.reject(new Error('away'));
  await settled();
  take.take(says());
  expect(errors).toHaveLength(1);
  expect(writer.written[1]?.services).toEqual([web(1)]);
});

it('times are by the clock of this process, and what is gone is left out', async () => {
  const { writer, take } = taking();
  take.take(says({ services: [web(1), { name: 'shop/cart', lastRequestAt: 900 }], isWhole: true }));
  writer.answers[0]?.resolve(true);
  await settled();
  expect(writer.written[0]?.services[1]).toEqual({ name: 'shop/cart', lastRequestAt: 1_400 });
  take.take(says({ services: [{ name: 'shop/web', isGone: true }] }));
  expect(writer.written[1]?.services.map(({ name }) => name)).toEqual(['shop/cart']);
  writer.answers[1]?.resolve(true);
  await take.end();
  expect(writer.isRemoved).toBe(true);
});
