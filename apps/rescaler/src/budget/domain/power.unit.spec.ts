import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultPower, eventsNeeded, powered, type PowerInput, proportionalToPower } from './power.js';
import { cpuFor, interpolation, learned, polynomial, type PowerModel } from './power-model.js';

const settings = { ...defaultPower, idle: 20 };
const input: PowerInput = {
  ...{ cpu: 200, min: 20, max: 400, budget: 50, power: 70, isCpuBottleneck: true, events: 4, settings },
};

describe('the golden tables of energy', () => {
  it.each([
    [200, 50, 70, -57],
    [200, 50, 40, 28],
    [100, 60, 90, -37],
  ])('at cpu %i, budget %i and power %i changes CPU by %i', (cpu, budget, power, amount) => {
    expect(proportionalToPower({ cpu, budget, min: 20, max: 400 }, power, 20)).toBe(amount);
  });

  it.each([
    [0.05, 4],
    [0.08, 3],
    [0.1, 2],
    [0.15, 2],
    [0.2, 1],
  ])('at a relative error of %f needs %i events', (error, events) => {
    expect(eventsNeeded(100, 100 * (1 + error))).toBe(events);
    expect(eventsNeeded(100, 100 * (1 - error))).toBe(events);
  });
});

describe('a power budget', () => {
  it.each<readonly [string, Partial<PowerInput>, number, string]>([
    ['is held by CPU', {}, 143, 'proportional'],
    ['is held within its dead band', { power: 51.2 }, 200, 'dead-band'],
    ['waits for enough events', { power: 53, events: 3 }, 200, 'events'],
    ['gives CPU only to who can use it', { power: 40, isCpuBottleneck: false }, 200, 'no-bottleneck'],
    ['without a meter changes nothing', { power: undefined }, 200, 'missing'],
    ['is met by a model at first', { modelled: 150.4, events: 0 }, 150, 'model'],
    ['keeps a model within the bounds', { modelled: 900 }, 400, 'model'],
  ])('%s', (_, own, cpu, because) => {
    expect(powered({ ...input, ...own })).toEqual({ cpu, because });
  });

  it('22: the power at which ServerlessContainers switches models is a constant in its code', () => {
    const modelled = { ...input, modelled: 150 };
    expect(powered({ ...modelled, settings: { ...settings, modelFrom: 50 } }).because).toBe('model');
    expect(powered({ ...modelled, settings: { ...settings, modelFrom: 51 } }).because).toBe('proportional');
  });

  it('of nothing on a host that uses nothing idle leaves min', () => {
    expect(proportionalToPower({ cpu: 200, min: 20, max: 400, budget: 0 }, 10, 0)).toBe(-180);
  });
});

describe('a model of power', () => {
  const curve = (cpu: number): number => 20 + 30 * (cpu / 100) + 5 * (cpu / 100) ** 2;
  const taught = (model: PowerModel): PowerModel =>
    [50, 100, 150, 200, 300, 400].reduce((next, cpu) => learned(next, { cpu, power: curve(cpu) }), model);

  it.each([interpolation(), polynomial()])(
    'finds the CPU of a power that it has learned ($kind)',
    (model) => {
      expect(cpuFor(taught(model), curve(150))).toBeCloseTo(150, 0);
      expect(cpuFor(taught(model), curve(250))).toBeGreaterThan(230);
      expect(cpuFor(taught(model), curve(250))).toBeLessThan(270);
      expect(cpuFor(model, 50)).toBeUndefined();
      expect(learned(model, { cpu: 100, power: Number.NaN })).toBe(model);
    },
  );

  it('learns anew while it is used', () => {
    const changed = Array.from({ length: 2_000 }, (_, index) => (index % 40) * 10).reduce<PowerModel>(
      (next, cpu) => learned(next, { cpu, power: curve(cpu) + 40 }),
      taught(polynomial()),
    );
    expect(cpuFor(changed, curve(150) + 40)).toBeCloseTo(150, 0);
  });

  it('gives a number or nothing, whatever it has learned', () => {
    const point = fc.record({
      cpu: fc.integer({ min: 0, max: 800 }),
      power: fc.integer({ min: 0, max: 300 }),
    });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 12 }), fc.integer({ min: 0, max: 400 }), (points, power) => {
        for (const model of [interpolation(), polynomial()]) {
          const cpu = cpuFor(points.reduce<PowerModel>(learned, model), power);
          expect(cpu === undefined || Number.isFinite(cpu)).toBe(true);
        }
      }),
    );
  });
});
