import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Figures, figuresBetween } from './figures.js';
import type { ContainerCounters, CpuTimes, HostCounters, Look } from './look.js';
import { machine } from '../look-text.testing.js';

const ID = 'a'.repeat(64);
const CPU: CpuTimes = {
  ...{ user: 100, nice: 1, system: 50, idle: 900, iowait: 9, irq: 1, softirq: 2, steal: 3 },
};
const HOST: HostCounters = {
  cpu: CPU,
  cpus: 4,
  load1: 1.5,
  pressure: { cpu: 1, memory: 2, io: 3 },
  memory: { totalBytes: 1000, availableBytes: 400, swapTotalBytes: 0, swapFreeBytes: 0 },
  diskIo: new Map([['8:0', { readBytes: 1000, writtenBytes: 2000 }]]),
  network: new Map([['eth0', { inBytes: 10, outBytes: 20 }]]),
};
const CONTAINER: ContainerCounters = {
  pid: 42,
  cpuSeconds: 5,
  periods: { all: 100, throttled: 10, throttledSeconds: 1 },
  memoryBytes: 500,
  oomKills: 1,
};

function look(uptimeMs: number, parts: Partial<Look> = {}, container: Partial<ContainerCounters> = {}): Look {
  const containers = new Map([[ID, { ...CONTAINER, ...container }]]);
  return { ...{ sequence: 1, bootId: 'b', tookMs: 5, host: HOST, containers }, ...parts, uptimeMs };
}

function figures(earlier: Look, later: Look): Figures {
  const found = figuresBetween(earlier, later);
  if (found === undefined) throw new Error('there are no figures');
  return found;
}

describe('figuresBetween', () => {
  it("gives rates over the node's own time, also over a gap", () => {
    const host: HostCounters = {
      ...HOST,
      cpu: { ...CPU, user: 102, system: 51, idle: 905, iowait: 8.99 },
      diskIo: new Map([['8:0', { readBytes: 5000, writtenBytes: 2000 }]]),
      network: new Map([['eth0', { inBytes: 30, outBytes: 20 }]]),
    };
    const periods = { all: 120, throttled: 15, throttledSeconds: 1.5 };
    const later = look(
      12_000,
      { sequence: 9, host },
      { cpuSeconds: 6, periods, memoryBytes: 7, oomKills: 3 },
    );
    const found = figures(look(10_000), later);
    expect(found.windowMs).toBe(2_000);
    expect(found.host).toEqual({
      cores: {
        ...{ user: 1, nice: 0, system: 0.5, idle: 2.5, iowait: 0, irq: 0, softirq: 0, steal: 0 },
        used: 1.5,
      },
      ...{ cpus: 4, load1: 1.5, pressure: HOST.pressure, memory: HOST.memory },
      diskIo: { readBytes: 2000, writtenBytes: 0 },
      network: { inBytes: 10, outBytes: 0 },
    });
    expect(found.containers.get(ID)).toEqual({
      coresUsed: 0.5,
      periods: { all: 20, throttled: 5, throttledSeconds: 0.5 },
      memoryBytes: 7,
      oomKills: 2,
    });
  });

  it('gives none across a start of the node, backwards, and where reading took too long', () => {
    expect(figuresBetween(look(1_000), look(2_000, { bootId: 'other' }))).toBeUndefined();
    expect(figuresBetween(look(2_000), look(2_000))).toBeUndefined();
    expect(figuresBetween(look(3_000), look(2_000))).toBeUndefined();
    expect(figuresBetween(look(1_000, { tookMs: 150 }), look(2_000, { tookMs: 60 }))).toBeUndefined();
    expect(figuresBetween(look(1_000, { tookMs: 150 }), look(3_000, { tookMs: 60 }))).toBeDefined();
  });

  it('gives none of a container that started again, though its counters are higher', () => {
    const later = look(2_000, {}, { pid: 43, cpuSeconds: 9 });
    expect(figures(look(1_000), later).containers.size).toBe(0);
    expect(figures(look(1_000), look(2_000, {}, { cpuSeconds: 4 })).containers.size).toBe(0);
  });

  it('gives none of a container that was not read in both', () => {
    expect(figures(look(1_000, { containers: new Map() }), look(2_000)).containers.size).toBe(0);
    expect(figures(look(1_000), look(2_000, { containers: new Map() })).containers.size).toBe(0);
  });

  it('gives no rate of disks or interfaces of which one went, came or began anew, and keeps the others', () => {
    const two = new Map([
      ['8:0', { readBytes: 1000, writtenBytes: 2000 }],
      ['8:16', { readBytes: 0, writtenBytes: 0 }],
    ]);
    const less = new Map([['8:0', { readBytes: 999, writtenBytes: 9000 }]]);
    const none = new Map();
    for (const diskIo of [two, less, none]) {
      const host = figures(look(1_000), look(2_000, { host: { ...HOST, diskIo } })).host;
      expect(host?.diskIo).toBeUndefined();
      expect(host?.network).toEqual({ inBytes: 0, outBytes: 0 });
    }
  });

  it('counts the periods of a limit that is new from its start', () => {
    const found = figures(look(1_000, {}, { periods: undefined }), look(2_000));
    expect(found.containers.get(ID)?.periods).toEqual(CONTAINER.periods);
  });

  it('gives rates of containers between slow looks, with a disk from its first use on', () => {
    const details = (bytes: number) =>
      new Map([
        [
          ID,
          {
            diskIo: bytes === 0 ? new Map() : new Map([['8:0', { readBytes: bytes, writtenBytes: 0 }]]),
            network: new Map([['eth0', { inBytes: bytes, outBytes: 0 }]]),
            limits: {},
          },
        ],
      ]);
    const [earlier, later] = [look(0, { details: details(0) }), look(10_000, { details: details(5_000) })];
    expect(figures(earlier, later).rates?.get(ID)).toEqual({
      diskIo: { readBytes: 500, writtenBytes: 0 },
      network: { inBytes: 500, outBytes: 0 },
    });
    expect(figures(look(0), later).rates).toBeUndefined();
    const restarted = look(10_000, { details: details(5_000) }, { pid: 43 });
    expect(figures(earlier, restarted).rates?.size).toBe(0);
  });

  it('gives nothing negative, whatever was counted', () => {
    const looks = machine.map((made): Partial<Look> => {
      const all = made.containers.map(({ counters, details }, index) => ({
        id: `${index}`,
        counters,
        details,
      }));
      return {
        host: made.host,
        containers: new Map(all.map(({ id, counters }) => [id, { ...counters, pid: 1 }])),
        details: new Map(all.map(({ id, details }) => [id, details])),
      };
    });
    fc.assert(
      fc.property(looks, looks, fc.nat(), (earlier, later, windowMs) => {
        const found = figuresBetween(look(0, earlier), look(windowMs, later));
        const negative = (value: unknown): boolean =>
          typeof value === 'number'
            ? !(value >= 0)
            : value instanceof Map
              ? [...value.values()].some(negative)
              : typeof value === 'object' && Object.values(value ?? {}).some(negative);
        expect(negative(found ?? {})).toBe(false);
      }),
    );
  });
});
