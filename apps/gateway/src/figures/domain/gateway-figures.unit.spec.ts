import { describe, expect, it } from 'vitest';
import type { ServerFigures } from '../../data-plane/domain/server-figures.js';
import { AnswersSeen } from './answers-seen.js';
import { answer, serverFigures } from './figures.testing.js';
import { figuresOf, type Look, nothingKept } from './gateway-figures.js';

const WEB = { service: 'shop/web', instance: 'a' };
const NOW = 1_700_000_000_000;

const look = (seconds: number, last: readonly ServerFigures[], more: Partial<Look> = {}): Look => ({
  ...{ now: NOW + seconds * 1_000, monotonicMs: seconds * 1_000, queued: new Map(), held: new Map() },
  services: [{ id: 'shop/web', instances: last.map((one) => ({ name: one.name, last: one })) }],
  ...more,
});
/** What is said at each of these looks. */
function said(looks: readonly Look[]) {
  let kept = nothingKept(0);
  return looks.map((one) => {
    const next = figuresOf(kept, one);
    kept = next.kept;
    return { service: next.figures.services[0], instances: next.figures.instances };
  });
}

describe('rates', () => {
  it('are what was counted since the look before, by the time that went by', () => {
    const [, second] = said([
      look(1, [serverFigures('a', { requests: 100 }), serverFigures('b', { requests: 7, source: 'other' })]),
      look(3, [
        serverFigures('a', { requests: 120, failedAnswers: 4, inFlight: 2 }),
        serverFigures('b', { requests: 8, source: 'other', queued: 1 }),
      ]),
    ]);
    expect(second?.service).toMatchObject({
      requestsPerSecond: 10.5,
      inFlight: 2,
      queued: 1,
      errorsPerSecond: 2,
    });
    expect(second?.instances).toEqual([
      { name: 'a', requestsPerSecond: 10, errorsPerSecond: 2, inFlight: 2 },
      { name: 'b', requestsPerSecond: 0.5 },
    ]);
  });

  it('are never negative, nor all that a new worker counted, where counters begin anew', () => {
    const all = said([
      look(1, [serverFigures('a', { requests: 1_000 })]),
      look(2, [serverFigures('a', { requests: 3 })]),
      look(3, [serverFigures('a', { requests: 5_000, source: 'worker-2 least-1/1' })]),
      look(4, [serverFigures('a', { requests: 5_001, source: 'worker-2 least-1/1' })]),
    ]);
    expect(all.map(({ service }) => service?.requestsPerSecond)).toEqual([
      undefined,
      undefined,
      undefined,
      1,
    ]);
  });

  it('have the requests that no instance could take, and not those that are held for one', () => {
    const seen = new AnswersSeen();
    seen.answered({ service: 'shop/web' }, answer({ server: '<NOSRV>', status: 503, connectMs: -1 }));
    seen.answered({ service: 'shop/web' }, answer({ server: 'activator' }));
    const [first] = said([look(1, [], { seen })]);
    expect(first?.service).toMatchObject({ requestsPerSecond: 1, errorsPerSecond: 1 });
  });
});

describe('the last request', () => {
  const at = (seconds: number): number => NOW + seconds * 1_000;

  it('is kept while nobody asks, and a health check is none', () => {
    const seen = new AnswersSeen();
    seen.answered(WEB, answer());
    const { figures, kept } = figuresOf(nothingKept(0), look(1, [serverFigures('a')], { seen }));
    expect(figures.services[0]?.lastRequestAt).toBe(at(1));
    seen.nextSecond(new Set(['shop/web']), new Set(['a']));
    seen.answered(WEB, answer({ isProbe: true }));
    const probed = figuresOf(kept, look(2, [serverFigures('a', { requests: 1 })], { seen })).figures;
    expect(probed.services[0]).toMatchObject({ lastRequestAt: at(1) });
    expect(probed.services[0]?.requestsPerSecond, 'a health check is no request').toBeUndefined();
  });

  it('is now while a request is in flight at two looks, or waits', () => {
    const seen = new AnswersSeen();
    const busy = [serverFigures('a', { inFlight: 1 })];
    const all = said([
      look(1, busy, { seen }),
      look(2, busy, { seen }),
      look(3, [], { seen }),
      look(4, [], { seen, held: new Map([['shop/web', 2]]) }),
    ]);
    expect(all.map(({ service }) => service?.lastRequestAt)).toEqual([undefined, at(2), at(2), at(4)]);
    expect(all.at(-1)?.service).toMatchObject({ held: 2 });
  });

  it('is known without a log by what HAProxy counted', () => {
    const all = said([
      look(1, [serverFigures('a', { requests: 4 })]),
      look(2, [serverFigures('a', { requests: 5 })]),
      look(3, [serverFigures('a', { requests: 5 })]),
    ]);
    expect(all.map(({ service }) => service?.lastRequestAt)).toEqual([undefined, at(2), at(2)]);
  });
});

it('a service without a request is named all the same, so that it is known to be carried', () => {
  expect(said([look(1, [serverFigures('a')])])[0]).toEqual({
    ...{ service: { name: 'shop/web' }, instances: [{ name: 'a' }] },
  });
});

it('response times are those of the service as clients have them, and of each instance', () => {
  const seen = new AnswersSeen();
  for (let n = 1; n <= 100; n += 1) seen.answered(WEB, answer({ responseMs: n }));
  // It has waited: its client's own line comes as well.
  seen.answered({ service: 'shop/web', instance: 'b' }, answer({ responseMs: 4, isBack: true }));
  const [first] = said([look(1, [serverFigures('a'), serverFigures('b')], { seen })]);
  expect(first?.service?.p95Ms).toBeGreaterThan(90);
  expect(first?.service?.p95Ms).toBeLessThan(100);
  expect(first?.instances.map(({ meanMs }) => meanMs)).toEqual([50.5, 4]);
});
