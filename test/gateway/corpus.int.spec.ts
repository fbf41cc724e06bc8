import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpus } from './corpus.js';
import { startThreeServices, type ThreeServices } from './gateway-alone.js';
import { sendRaw, statusesIn } from './raw-client.js';
import { markedBy, wrongAt } from './seen.js';

const markOf = (index: number): string => `case-${index}-`;

let services: ThreeServices;
let received: readonly string[];

beforeAll(async () => {
  services = await startThreeServices();
  received = await Promise.all(
    corpus.map(({ bytes }, index) => sendRaw(services.port, bytes(markOf(index)))),
  );
});
afterAll(() => services.stop());

describe('what one proxy or another reads in two ways', () => {
  it.each(corpus.map((one, index) => [one.name, one, index] as const))(
    '%s',
    (_, { is, requests = 1, hasAnother = false }, index) => {
      const { web, api, other } = services.instances;
      const mark = markOf(index);
      const seen = markedBy(web, mark);
      const answers = statusesIn(received[index] ?? '');
      expect([...markedBy(api, mark), ...markedBy(other, mark)], 'at another service').toEqual([]);
      expect(wrongAt(web, seen)).toEqual([]);
      expect(answers.filter((status) => status >= 500)).toEqual([]);
      const inner = seen.filter(({ head }) => head.includes(` /smuggled-${mark}`));
      if (!hasAnother) expect(inner, 'read as a request of its own').toEqual([]);
      const taken = seen.length - inner.length;
      if (is === 'taken') expect(taken).toBe(requests);
      if (is === 'refused') expect(seen).toEqual([]);
      if (is === 'either') expect(taken).toBeLessThanOrEqual(requests);
      // Whoever sent it learns what became of it, unless it was no request at all.
      expect(answers.filter((status) => status === 200).length).toBe(seen.length);
    },
  );

  it('no instance got bytes that it does not understand', () => {
    const { web, api, other } = services.instances;
    expect([web, api, other].flatMap(({ broken }) => broken)).toEqual([]);
  });
});
