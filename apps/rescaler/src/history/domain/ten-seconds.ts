import type { KnownHost } from '../../rescaling/domain/known-host.js';

export const SPAN_MS = 10_000;

/** Limits and use of a host in ten seconds: arrays stand beside each other. CPU in cores, memory in bytes. */
export interface HostFigures {
  readonly host: string;
  /** Milliseconds since the epoch. */
  readonly begun: number;
  readonly fence: number;
  readonly settings: number;
  readonly containers: readonly ContainerFigures[];
}

export interface ContainerFigures {
  readonly container: string;
  readonly appId: string;
  readonly service: string;
  readonly cpuUsed: number | null;
  readonly cpuLimit: number | null;
  readonly throttled: number | null;
  readonly memoryUsed: number | null;
  readonly memoryLimit: number | null;
}

type Gathered = Map<string, { readonly appId: string; readonly service: string; readonly sums: number[][] }>;

/** Gathers what hosts are seen to have, and gives means of ten seconds. */
export class TenSeconds {
  private begun = 0;
  private readonly hosts = new Map<string, { fence: number; settings: number; containers: Gathered }>();

  /** Gives what is full, when a span begins anew. */
  add(hosts: readonly KnownHost[], settings: number, now: number): readonly HostFigures[] {
    const begun = now - (now % SPAN_MS);
    const full = begun === this.begun ? [] : this.taken();
    this.begun = begun;
    for (const host of hosts) this.gather(host, settings);
    return full;
  }

  taken(): readonly HostFigures[] {
    const figures = [...this.hosts].map(([host, { fence, settings, containers }]): HostFigures => ({
      ...{ host, begun: this.begun, fence, settings },
      containers: [...containers].map(([container, { appId, service, sums }]) => {
        const [cpuUsed, cpuLimit, throttled, memoryUsed, memoryLimit] = sums.map(meanOf);
        return {
          ...{ container, appId, service, cpuUsed: cpuUsed ?? null, cpuLimit: cpuLimit ?? null },
          ...{
            throttled: throttled ?? null,
            memoryUsed: memoryUsed ?? null,
            memoryLimit: memoryLimit ?? null,
          },
        };
      }),
    }));
    this.hosts.clear();
    return figures.filter(({ containers }) => containers.length > 0);
  }

  private gather({ structure, containers, owners, throttled, fence }: KnownHost, settings: number): void {
    const host = this.hosts.get(structure.name) ?? { fence, settings, containers: new Map() as Gathered };
    this.hosts.set(structure.name, host);
    for (const { id, resources } of containers) {
      const { appId = '', service = '' } = owners.get(id) ?? {};
      const known = host.containers.get(id) ?? { appId, service, sums: [[], [], [], [], []] };
      host.containers.set(id, known);
      const values = [
        ...[resources.cpu?.usage, resources.cpu?.current].map((shares) => shares && shares / 100),
        ...[throttled.get(id), resources.memory?.usage, resources.memory?.current],
      ];
      values.forEach((value, index) => {
        if (value !== undefined) known.sums[index]?.push(value);
      });
    }
  }
}

const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
