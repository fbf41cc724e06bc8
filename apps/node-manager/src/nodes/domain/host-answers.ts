/** What commands on a machine printed; undefined where that is not understood. Pure. */

/** Of `df -Pk DIRECTORY`: the free bytes, which stand before the share that is used. Names around them may hold blanks. */
export function freeBytesIn(df: string): number | undefined {
  const last = df.trimEnd().split('\n').at(-1) ?? '';
  const available = /\s(\d+)\s+(?:\d+%|-)\s/.exec(last)?.[1];
  return available === undefined ? undefined : Number(available) * 1024;
}

/** Of `date +%s`, asked and answered in between: how far that clock is ahead. It tells whole seconds only. */
export function clockAheadMs(date: string, askedAt: number, answeredAt: number): number | undefined {
  const seconds = /^\s*(\d{9,11})\s*$/.exec(date)?.[1];
  if (seconds === undefined) return undefined;
  const [least, most] = [Number(seconds) * 1_000, Number(seconds) * 1_000 + 999];
  if (least > answeredAt) return least - answeredAt;
  return most < askedAt ? most - askedAt : 0;
}

const LISTENING = '0A';

/** Of /proc/net/tcp and tcp6: the ports on which something listens. */
export function listeningPortsIn(tables: string): readonly number[] | undefined {
  if (!tables.includes('local_address')) return undefined;
  const ports = tables.split('\n').flatMap((line) => {
    const [, port, state] =
      /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /.exec(line) ?? [];
    return port !== undefined && state === LISTENING ? [Number.parseInt(port, 16)] : [];
  });
  return [...new Set(ports)];
}

/** Of `stat -c %a FILE`. */
export const modeIn = (stat: string): string | undefined => /^\s*([0-7]{3,4})\s*$/.exec(stat)?.[1];

export const limitedResources = ['memory', 'disk', 'network'] as const;
export type LimitedResource = (typeof limitedResources)[number];

/** Why limits of what runs cannot be changed, by resource. */
export type UnchangeableLimits = Readonly<Partial<Record<LimitedResource, string>>>;

/** Of the probe: lines `no RESOURCE REASON`, then `probed`. */
export function unchangeableIn(probe: string): UnchangeableLimits | undefined {
  const lines = probe.trimEnd().split('\n');
  if (lines.at(-1) !== 'probed') return undefined;
  const found = lines.flatMap((line) => {
    const [, name, why] = /^no (\w+) (.+)$/.exec(line) ?? [];
    const resource = limitedResources.find((one) => one === name);
    return resource === undefined || why === undefined ? [] : [[resource, why] as const];
  });
  return Object.fromEntries(found);
}
