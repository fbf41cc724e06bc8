import { expect, it } from 'vitest';
import { answeredOf, latencyOf, unroutedReason } from './answered.js';
import { codeOf, RequestFigures } from './request-figures.js';

it('a status has a class, and none where the client left first', () => {
  expect([101, 200, 304, 499, 503, -1, 0, 999].map(codeOf)).toEqual([
    ...['1xx', '2xx', '3xx', '4xx', '5xx', 'none', 'none', 'none'],
  ]);
});

const line = {
  ...{ status: 200, requestBytes: 10, bytes: 20, queueMs: 5, connectMs: 1, responseMs: 14 },
  ...{ retries: '+2', backend: 'least-1', server: 's1' },
};

it('a line is read with its tries, which HAProxy writes with a plus where another server was taken', () => {
  expect(answeredOf(line)).toMatchObject({ status: 200, retries: 2, backend: 'least-1' });
  for (const broken of [{}, { ...line, backend: 7 }, { ...line, status: 'many' }])
    expect(answeredOf(broken)).toBeUndefined();
});

it('the time until an answer counts queue, connection and instance, and is unknown where none answered', () => {
  const answered = answeredOf(line);
  expect(answered && latencyOf(answered)).toBe(0.02);
  expect(answered && latencyOf({ ...answered, responseMs: -1 })).toBeUndefined();
});

it('requests that came to no service have a reason', () => {
  expect(['no-route', 'no-server', 'requests', 'least-7'].map(unroutedReason)).toEqual([
    ...['no_route', 'no_instance', 'malformed', undefined],
  ]);
});

it('counts what happened, and forgets what is carried no more', () => {
  const figures = new RequestFigures();
  for (const id of ['shop/web', 'shop/old']) {
    figures.ofService(id, { code: '2xx', retries: 1, queueMs: 5 });
    figures.ofService(id, { code: '5xx', requests: 3, requestBytes: 7, responseBytes: 8 });
    figures.ofInstance(`${id}-a`, { code: '2xx' });
  }
  figures.keep({ services: new Set(['shop/web']), instances: new Map([['shop/web-a', 'shop/web']]) });
  expect(figures.services.get('shop/web')).toEqual({
    requests: { '1xx': 0, '2xx': 1, '3xx': 0, '4xx': 0, '5xx': 3, none: 0 },
    ...{ retries: 1, queueMs: 5, requestBytes: 7, responseBytes: 8, hits: 0, misses: 0 },
  });
  expect([...figures.services.keys(), ...figures.instances.keys()]).toEqual(['shop/web', 'shop/web-a']);
});
