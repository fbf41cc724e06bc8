import { describe, expect, it } from 'vitest';
import { parseFromGateway } from '#libs/contracts';
import { FiguresDue } from './figures-due.js';

const services = (count: number, inFlight: number) =>
  Array.from({ length: count }, (_, n) => ({
    ...{ name: `application-${n}/service-${n}`, requestsPerSecond: 123.4, inFlight, errorsPerSecond: 1.2 },
    ...{ queued: 3, held: 2, p95Ms: 1_230, lastRequestAt: 1_796_040_000_000 },
  }));
const instances = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    ...{ name: `application-${n}-service-t${n}-0`, requestsPerSecond: 61.7, inFlight: 1 },
    ...{ errorsPerSecond: 0.6, meanMs: 820, p95Ms: 1_230 },
  }));
const namesOf = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name);

describe('what is told', () => {
  it('is all at first, then what is other, then that nothing is', () => {
    const due = new FiguresDue();
    const row = { services: services(2, 1), instances: instances(1) };
    expect(due.next(row, 1)).toEqual({ type: 'figures', at: 1, isWhole: true, ...row });
    const changed = { ...row, services: [row.services[0]!, { name: 'application-1/service-1' }] };
    expect(due.next(changed, 2)).toEqual({
      ...{ type: 'figures', at: 2, services: [{ name: 'application-1/service-1' }], instances: [] },
    });
    expect(due.next(changed, 3)).toMatchObject({ services: [], instances: [] });
  });

  it('is that something is gone, once', () => {
    const due = new FiguresDue();
    due.next({ services: services(2, 1), instances: instances(1) }, 1);
    const left = { services: services(1, 1), instances: [] };
    expect(due.next(left, 2)).toMatchObject({
      services: [{ name: 'application-1/service-1', isGone: true }],
      instances: [{ name: 'application-0-service-t0-0', isGone: true }],
    });
    expect(due.next(left, 3)).toMatchObject({ services: [], instances: [] });
  });
});

it('1,000 busy services with two instances each fit into one message, which a load balancer takes', () => {
  const message = new FiguresDue().next({ services: services(1_000, 1), instances: instances(2_000) }, 1);
  expect([message.services.length, message.instances.length]).toEqual([1_000, 2_000]);
  const text = JSON.stringify(message);
  expect(text.length).toBeLessThan(512 * 1024);
  expect(parseFromGateway(text)).toMatchObject({ kind: 'message' });
});

it('what does not fit comes first the next second, so nothing is left out for long', () => {
  const due = new FiguresDue(1_000);
  const told = new Set<string>();
  for (let second = 1; second <= 5; second += 1) {
    const message = due.next({ services: services(20, second), instances: [] }, second);
    expect(JSON.stringify(message).length).toBeLessThanOrEqual(1_000);
    namesOf(message.services).forEach((name) => told.add(name));
  }
  expect(told.size).toBe(20);
});
