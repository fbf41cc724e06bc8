import { describe, expect, it } from 'vitest';
import { type Doing, Simulated } from './balance.testing.js';
import { steeringOf } from './steering-of.js';

const TEN = Array.from({ length: 10 }, (_, index) => `i${index}`);
const WELL: Doing = { requests: 10 };
const STALLED: Doing = { requests: 2, answers: 0 };
const BROKEN: Doing = { requests: 30, failed: 30, ms: 1 };
const only =
  (name: string, doing: Doing) =>
  (one: string): Doing =>
    one === name ? doing : WELL;

describe('an instance that stalls', () => {
  it('has its weight lowered within 2 s, and is out within 3', () => {
    const service = new Simulated(TEN);
    service.look(10, () => WELL);
    service.look(2, only('i3', STALLED));
    expect(service.weightOf('i3')).toBe(1);
    service.look(1, only('i3', STALLED));
    expect(service.said('ejected')).toEqual(['i3']);
    expect(service.events[0]).toMatchObject({ fault: 'stalled', forMs: 5_000 });
    expect(service.weightOf('i3')).toBe(0);
  });

  it('comes back by a trial of one request at a time, after times that double', () => {
    const service = new Simulated(TEN);
    service.look(10, () => WELL);
    service.look(60, only('i3', { requests: 1, answers: 0 }));
    service.look(60, only('i3', { requests: 1, answers: 0 }));
    const times = service.events.flatMap((event) => (event.kind === 'ejected' ? [event.forMs] : []));
    expect(times.slice(0, 4)).toEqual([5_000, 10_000, 20_000, 40_000].slice(0, times.length));
    expect(times.length).toBeGreaterThan(2);
    expect(service.said('returned')).toEqual([]);
  });

  it('serves again in steps once it answers, and is forgiven after a while', () => {
    const service = new Simulated(TEN);
    service.look(10, () => WELL);
    service.look(5, only('i3', STALLED));
    while (service.instance('i3').standing.kind === 'ejected') service.look(1, () => WELL);
    expect(service.instance('i3').standing).toMatchObject({ kind: 'trial', mostInFlight: 7 });
    service.look(2, () => WELL);
    expect(service.said('returned')).toEqual(['i3']);
    expect(service.weightOf('i3')).toBeLessThan(30);
    service.look(30, () => WELL);
    expect(service.weightOf('i3')).toBeGreaterThan(80);
    service.look(130, () => WELL);
    expect(service.instance('i3').ejections.count).toBe(0);
  });

  it.each([
    ['all instances do: what they wait for is elsewhere', TEN.slice(0, 3), () => STALLED],
    ['it is alone', ['i3'], () => STALLED],
    ['one long request waits, and no other', TEN, only('i3', { requests: 0, answers: 0 })],
  ] as const)('is not taken out where %s', (_, names, doing) => {
    const service = new Simulated(names);
    service.look(10, () => WELL);
    service.look(1, (name) => (name === 'i3' ? { requests: 1, answers: 0 } : doing(name)));
    service.look(20, doing);
    expect(service.said('ejected')).toEqual([]);
  });

  describe('with one request', () => {
    const silent = only('i3', { requests: 0, answers: 0 });
    const another = only('i3', { requests: 1, answers: 0 });
    const steering = (service: Simulated) => steeringOf(service.instance('i3'), 'least');

    /** It weighs little, so that it has one request where the others have several. */
    function stalled(): Simulated {
      const service = new Simulated(TEN);
      service.look(30, only('i3', { requests: 5, ms: 300 }));
      expect(service.weightOf('i3')).toBeLessThan(15);
      service.look(1, another);
      service.look(5, silent);
      return service;
    }

    it('that stalled while it weighed little was never taken out: it gets a second request, which shows', () => {
      const service = stalled();
      expect(service.said('ejected')).toEqual([]);
      expect(steering(service)).toEqual({ weight: 100, isOut: false, mostInFlight: 2 });
      expect(service.weightOf('i3')).toBeLessThan(15);
      service.look(1, another);
      expect(service.said('ejected')).toEqual([]);
      service.look(1, silent);
      expect(service.said('ejected')).toEqual(['i3']);
    });

    it('that takes long is left alone: the second one is answered, though it waits at one look', () => {
      const service = stalled();
      service.look(1, another);
      service.look(1, only('i3', { requests: 0, answers: 1 }));
      expect(steering(service)).toEqual({ weight: expect.any(Number) as number, isOut: false });
      for (let time = 0; time < 5; time += 1) {
        service.look(6, silent);
        service.look(1, another);
        service.look(1, only('i3', { requests: 0, answers: 1 }));
      }
      expect(service.said('ejected')).toEqual([]);
    });

    it('and then another one, since its clients leave: each of them waited in vain', () => {
      const service = new Simulated(TEN);
      service.look(10, () => WELL);
      for (let client = 0; client < 3; client += 1) {
        service.look(1, another);
        service.look(4, silent);
        service.look(1, only('i3', { requests: 0, answers: 0, aborts: 1 }));
      }
      expect(service.said('ejected')).toEqual(['i3']);
      expect(service.events[0]).toMatchObject({
        why: '1 request waits, 1 was left by its client, and it has answered none for 3.5 s',
      });
    });

    it('to scores alone, whose weights are exact, gets it in its turn', () => {
      const service = new Simulated(TEN, { profile: 'weighted' });
      service.look(10, () => WELL);
      service.look(10, only('i3', { requests: 0, answers: 0 }));
      expect(steeringOf(service.instance('i3'), 'weighted')).toEqual({ weight: 100, isOut: false });
    });
  });

  it('gets one more on trial, beside those that it never answered', () => {
    const service = new Simulated(TEN);
    service.look(10, () => WELL);
    service.look(5, only('i3', STALLED));
    while (service.instance('i3').standing.kind === 'ejected') service.look(1, () => WELL);
    const [least, weighted] = (['least', 'weighted'] as const).map((profile) =>
      steeringOf(service.instance('i3'), profile),
    );
    // By 10, it would get none until each of the others had 70.
    expect(least).toEqual({ weight: 256, isOut: false, mostInFlight: 7 });
    expect(weighted).toEqual({ weight: 10, isOut: false, mostInFlight: 7 });
    expect(service.weightOf('i3')).toBe(10);
  });

  it('a service that takes 3 s by nature has none', () => {
    const service = new Simulated(TEN);
    const slow = { requests: 1, answers: 1, ms: 3_000 };
    service.look(20, () => slow);
    service.look(10, (name) => (name === 'i3' ? STALLED : slow));
    expect(service.said('ejected')).toEqual([]);
  });
});

describe('an instance that fails at once', () => {
  it('looks idle and is taken out, within a second', () => {
    const service = new Simulated(TEN);
    service.look(10, () => WELL);
    service.look(1, only('i3', BROKEN));
    expect(service.said('ejected')).toEqual(['i3']);
    expect(service.events[0]).toMatchObject({ fault: 'failing' });
  });

  it('an application that answers 500 everywhere is left as it is, without retries', () => {
    const service = new Simulated(TEN);
    service.look(10, () => WELL);
    service.look(40, () => BROKEN);
    expect(service.said('ejected')).toEqual([]);
    expect(TEN.map((name) => service.weightOf(name))).toEqual(Array(10).fill(100));
    expect(service.service.retries).toBe(false);
    service.look(40, () => WELL);
    expect(service.events.map(({ kind }) => kind)).toEqual(['retries-off', 'retries-on']);
  });

  it('is never one of too many: a third of a service at most, one of two, and not the last', () => {
    for (const [count, most] of [
      [10, 3],
      [4, 1],
      [3, 1],
      [2, 1],
      [1, 0],
    ] as const) {
      const names = TEN.slice(0, count);
      const service = new Simulated(names);
      service.look(10, () => WELL);
      // A minority, so that it is not the application.
      const bad = Math.max(1, Math.ceil(count / 2) - 1);
      service.look(3, (name) => (Number(name.slice(1)) < bad ? BROKEN : WELL));
      expect(names.filter((name) => service.weightOf(name) === 0).length).toBe(Math.min(most, bad));
    }
  });

  it('stays where no other instance can be connected to', () => {
    const service = new Simulated(['i0', 'i1']);
    service.look(10, () => WELL);
    service.look(5, (name) => (name === 'i0' ? BROKEN : { requests: 0, isUp: false }));
    expect(service.said('ejected')).toEqual([]);
  });

  it('a service that opts out has none', () => {
    const service = new Simulated(TEN, { ejects: false });
    service.look(10, () => WELL);
    service.look(10, only('i3', BROKEN));
    expect(service.said('ejected')).toEqual([]);
    expect(service.weightOf('i3')).toBeLessThan(10);
  });
});

describe('a new instance', () => {
  it('gets its share step by step beside others', () => {
    const service = new Simulated(['i0', 'i1']);
    service.look(10, () => WELL);
    service.add('i2');
    expect(service.weightOf('i2')).toBe(10);
    const weights: number[] = [];
    for (let second = 0; second < 12; second += 1) {
      service.look(2, () => WELL);
      weights.push(service.weightOf('i2'));
    }
    expect(weights).toEqual(weights.toSorted((a, b) => a - b));
    expect(weights[3]).toBeLessThan(60);
    expect(weights[11]).toBeGreaterThan(80);
  });

  it('gets all of it where all are new', () => {
    const service = new Simulated(['i0', 'i1', 'i2']);
    service.look(1, () => WELL);
    expect(service.weightOf('i2')).toBe(100);
  });
});

describe('of the faults of RustyBalancer', () => {
  it('5: the first samples do not let the weight fall', () => {
    const service = new Simulated(TEN);
    const weights = Array.from({ length: 10 }, () => {
      service.look(1, () => WELL);
      return service.weightOf('i0');
    });
    expect(new Set(weights)).toEqual(new Set([100]));
  });

  it('7: an application that hangs is not taken for healthy because it can be connected to', () => {
    const service = new Simulated(TEN);
    service.look(10, () => WELL);
    service.look(6, only('i3', { ...STALLED, isUp: true }));
    expect(service.weightOf('i3')).toBe(0);
  });

  it('8: to look more often changes no weight', () => {
    const service = new Simulated(TEN);
    service.look(10, only('i3', { requests: 10, ms: 60 }));
    const before = service.weightOf('i3');
    service.look(100, () => ({ requests: 0 }));
    expect(service.weightOf('i3')).toBe(before);
  });

  it('9: one burst after a rest costs no weight, and steady trouble does', () => {
    const service = new Simulated(TEN);
    service.look(60, () => ({ requests: 0 }));
    service.look(1, only('i3', { requests: 200 }));
    expect(service.weightOf('i3')).toBe(100);
    service.look(20, only('i3', { requests: 10, ms: 100 }));
    expect(service.weightOf('i3')).toBeLessThan(40);
  });

  it('11: a worker that is dead gets no share of errors, and one of two is not left without the other', () => {
    const service = new Simulated(['i0', 'i1']);
    service.look(10, () => WELL);
    service.look(2, (name) => (name === 'i0' ? { requests: 10, failed: 10, ms: 1 } : WELL));
    expect([service.weightOf('i0'), service.weightOf('i1')]).toEqual([0, 100]);
  });
});

it('the scores of another source multiply in', () => {
  const service = new Simulated(['i0', 'i1', 'i2']);
  service.look(20, (name) => ({ ...WELL, score: name === 'i2' ? 20 : 80 }));
  expect(['i0', 'i1', 'i2'].map((name) => service.weightOf(name))).toEqual([100, 100, 25]);
});

it('the profile `weighted` shares by scores alone', () => {
  const service = new Simulated(['i0', 'i1'], { profile: 'weighted' });
  service.look(1, (name) =>
    name === 'i0' ? { requests: 1, ms: 500, score: 60 } : { requests: 1, ms: 1, score: 30 },
  );
  expect([service.weightOf('i0'), service.weightOf('i1')]).toEqual([60, 30]);
});
