import { randomUUID } from 'node:crypto';
import { SimulatedContainer } from './simulated-container.js';

export interface NodeOptions {
  readonly containers: number;
  /** The share of them that works, 0 to 1; the others sleep. */
  readonly working: number;
}

const TICKS = 100;
const CPUS = 4;

/** A machine that never was, with its engine: what an agent can ask a node, answered from memory. */
export class SimulatedNode {
  readonly bootId = randomUUID();
  readonly containers: ReadonlyMap<string, SimulatedContainer>;
  /** As if it had been up for a while. */
  private readonly bootMs = performance.now() - 100_000;

  constructor(
    readonly name: string,
    { containers, working }: NodeOptions,
  ) {
    const made = Array.from(
      { length: containers },
      (_, index) => new SimulatedContainer(name, index, { works: index < containers * working }),
    );
    this.containers = new Map(made.map((one) => [one.id, one]));
  }

  /** By its own clock, in seconds since its boot. */
  get uptime(): number {
    return (performance.now() - this.bootMs) / 1_000;
  }

  /**
   * The text of a look at the containers in these slots, in their order; one that it does not have is an empty block.
   * @param peaks the slots whose peaks are told
   */
  look(slots: ReadonlyMap<string, string>, isSlow: boolean, peaks: ReadonlySet<string>): string {
    const seconds = this.uptime;
    const found = [...slots.values()].map((id) => this.containers.get(id));
    const quick = [hostText(seconds), ...found.map((one) => one?.counters(seconds) ?? 'Linux')];
    const told = [...peaks].map(
      (slot) => `peak ${slot} ${this.containers.get(slots.get(slot) ?? '')?.peak ?? 0}`,
    );
    if (!isSlow) return [...quick, ...told].join('\n');
    const details = found.map((one) => one?.details(seconds) ?? Array(6).fill('Linux').join('\n'));
    return [...quick, ...details, ...told, clockText(), diskText()].join('\n');
  }

  /** As /proc/net/tcp of a node on which sshd alone listens. */
  sockets(): string {
    const head =
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
    return `${head}\n   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1`;
  }

  topology(): string {
    const cpus = Array.from({ length: CPUS }, (_, cpu) => cpu).flatMap((cpu) => [
      `./cpu/cpu${cpu}/topology/core_id:${cpu}`,
      `./cpu/cpu${cpu}/topology/physical_package_id:0`,
    ]);
    return [`./cpu/online:0-${CPUS - 1}`, ...cpus, `./node/node0/cpulist:0-${CPUS - 1}`].join('\n');
  }
}

function hostText(seconds: number): string {
  const worked = Math.round(TICKS * (seconds + 0.5 * Math.sin(seconds)));
  const idle = Math.round(TICKS * seconds * (CPUS - 1));
  const bytes = Math.round(seconds * 1e5);
  const cpus = Array.from({ length: CPUS }, (_, cpu) => `cpu${cpu} ${worked} 0 0 ${idle} 0 0 0 0 0 0`);
  return [
    `cpu  ${worked} 0 ${worked >> 2} ${idle} 0 0 0 0 0 0`,
    ...cpus,
    `${(1 + Math.sin(seconds / 30)).toFixed(2)} 0.90 0.80 2/345 6789`,
    'MemTotal:       16384000 kB',
    `MemAvailable:   ${8_000_000 + Math.round(1e5 * Math.sin(seconds))} kB`,
    'SwapTotal:             0 kB',
    'SwapFree:              0 kB',
    ...Array<string>(3).fill('some avg10=0.50 avg60=0.40 avg300=0.30 total=12345'),
    ` 253       0 vda 100 1 ${bytes >> 9} 4 7 2 ${bytes >> 9} 0 0 0 0`,
    `    lo: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0`,
    `  eth0: ${bytes} 1 0 0 0 0 0 0 ${bytes} 1 0 0 0 0 0 0`,
  ].join('\n');
}

const clockText = (): string => {
  const now = Date.now();
  return `clock ${Math.floor(now / 1_000)}.${String(now % 1_000).padStart(3, '0')}000000`;
};

const diskText = (): string =>
  `Filesystem     1024-blocks     Used Available Capacity Mounted on
/dev/vda         264212084 21419368  74081896      23% /`;
