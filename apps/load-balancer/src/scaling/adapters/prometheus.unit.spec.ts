import { expect, it } from 'vitest';
import { numberIn, queryUrl, textOf } from './prometheus.js';

it.each([
  ['http://prom:9090', 'http://prom:9090/api/v1/query?query=sum%28up%29'],
  ['https://prom/tenants/shop/', 'https://prom/tenants/shop/api/v1/query?query=sum%28up%29'],
])('a query is asked below the path of %s', (url, asked) => {
  expect(queryUrl(url, 'sum(up)').href).toBe(asked);
});

const answer = (data: object): string => JSON.stringify({ status: 'success', data });

it('a scalar and a vector of one series are one number', () => {
  expect(numberIn(answer({ resultType: 'scalar', result: [1, '2.5'] }))).toBe(2.5);
  expect(numberIn(answer({ resultType: 'vector', result: [{ metric: {}, value: [1, '7'] }] }))).toBe(7);
});

it.each([
  ['no series', { resultType: 'vector', result: [] }],
  ['two series', { resultType: 'vector', result: [{ value: [1, '1'] }, { value: [1, '2'] }] }],
  ['NaN', { resultType: 'scalar', result: [1, 'NaN'] }],
  ['infinity', { resultType: 'scalar', result: [1, '+Inf'] }],
])('%s is no number', (_, data) => {
  expect(() => numberIn(answer(data))).toThrow();
});

it('an answer without end is not read to its end', async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1;
      controller.enqueue(new Uint8Array(1_000));
    },
  });
  await expect(textOf(new Response(endless), 10_000)).rejects.toThrow('aggregate the query');
  expect(sent).toBeLessThan(20);
  await expect(textOf(new Response('short'), 10_000)).resolves.toBe('short');
});
