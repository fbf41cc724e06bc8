import { describe, expect, it } from 'vitest';
import { assign, carryingNothing, placesOf } from './carrying.js';
import { changesOf, replaced, serversByName, steered } from './steering.js';
import { server, wantedOf } from './wanted.testing.js';

const pool = { backends: 2, servers: 4 };
const NONE = carryingNothing({ least: pool, weighted: pool, sticky: pool, h2: pool });
const wanted = wantedOf({ a: [server(1), server(2)], b: [server(3, { state: 'drain' })] });
const carrying = assign(NONE, wanted);

const change = (steering: Parameters<typeof changesOf>[3], from = carrying, bound = 0) =>
  replaced(from, changesOf(from, placesOf(from), serversByName(wanted, bound), steering));

describe('a steered server', () => {
  it('has its weight, its bound and its state, in an order in which it never serves with others', () => {
    const out = change(new Map([['i1', { weight: 7, isOut: true, mostInFlight: 3 }]]));
    const at = { backend: 'least-1', slot: 1 };
    expect(out.todo).toEqual([
      { kind: 'weigh', at, weight: 7 },
      { kind: 'bound', at, mostInFlight: 3 },
      { kind: 'switch', at, to: 'drain' },
    ]);
    const back = change(new Map([['i1', { weight: 10, isOut: false }]]), out.after, 5);
    expect(back.todo).toEqual([
      { kind: 'weigh', at, weight: 10 },
      { kind: 'bound', at, mostInFlight: 5 },
      { kind: 'switch', at, to: 'ready' },
    ]);
  });

  it('that is not carried, or already so, takes nothing', () => {
    expect(change(new Map([['i9', { weight: 7, isOut: true }]])).todo).toEqual([]);
    expect(change(new Map([['i1', { weight: 100, isOut: false }]])).todo).toEqual([]);
  });

  it('that is wanted with a smaller share has that part of it', () => {
    const canary = wantedOf({ a: [server(1, { weight: 10 }), server(2)] });
    const servers = new Map(['i1', 'i2'].map((name) => [name, { weight: 80, isOut: false }]));
    const weights = steered(canary, { servers, unretried: new Set() }, 0).services[0]?.servers.map(
      (one) => one.weight,
    );
    expect(weights).toEqual([8, 80]);
  });

  it('has no more requests in flight than its service allows', () => {
    const [change1] = change(
      new Map([['i1', { weight: 100, isOut: false, mostInFlight: 3 }]]),
      carrying,
      1,
    ).todo;
    expect(change1).toMatchObject({ kind: 'bound', mostInFlight: 1 });
  });

  it('that drains drains on', () => {
    const { after } = change(new Map([['i3', { weight: 7, isOut: false }]]));
    expect(after.backends.get('least-2')?.slots.get(1)?.server).toMatchObject({ weight: 7, state: 'drain' });
  });

  it('that is wanted at another address by now is left to the next assignment', () => {
    const moved = serversByName(wantedOf({ a: [server(1, { port: 9_000 })] }), 0);
    expect(
      changesOf(carrying, placesOf(carrying), moved, new Map([['i1', { weight: 7, isOut: false }]])),
    ).toEqual([]);
  });

  it('is the same by an assignment as by itself', () => {
    const servers = new Map([['i2', { weight: 30, isOut: true, mostInFlight: 2 }]]);
    const whole = steered(wanted, { servers, unretried: new Set(['b']) }, 0);
    expect(whole.services[1]?.retries).toBe(false);
    const by = assign(carrying, {
      ...whole,
      services: whole.services.map(({ retries: _, ...rest }) => rest),
    });
    expect(by.backends).toEqual(change(servers).after.backends);
  });
});
