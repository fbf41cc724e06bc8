import { expect, it } from 'vitest';
import { payloadsOf, wakesIn } from './wakes.js';

it('all services come through, however many they are, in payloads that Postgres takes', () => {
  const services = Array.from({ length: 500 }, (_, n) => `application-${n}/ä-service`);
  const payloads = payloadsOf(services);
  expect(payloads.length).toBeGreaterThan(1);
  expect(Math.max(...payloads.map((one) => Buffer.byteLength(one)))).toBeLessThan(8_000);
  expect(payloads.flatMap(wakesIn)).toEqual(services);
});

it('what is no list of services wakes nobody', () => {
  for (const payload of [undefined, '', '{}', '[', '7']) expect(wakesIn(payload)).toEqual([]);
  expect(wakesIn('["shop/web",7]')).toEqual(['shop/web']);
});
