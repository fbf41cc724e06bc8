import { createHash } from 'node:crypto';

const CPU_QUOTA = '100000 100000';
const MEMORY_LIMIT = 268_435_456;
const MIB = 1_048_576;
/** More than any process of this machine has: what reads it elsewhere finds nothing. */
const FIRST_PID = 2_000_000;

/** An instance that never was: its counters are functions of the time, and never run backwards. */
export class SimulatedContainer {
  readonly id: string;
  readonly name: string;
  readonly pid: number;
  /** In cores; 0 of one that sleeps, whose figures never change. */
  private readonly cores: number;

  constructor(
    node: string,
    private readonly index: number,
    options: { readonly works: boolean },
  ) {
    this.id = createHash('sha256').update(`${node}/${index}`).digest('hex');
    this.name = `load-web-${this.id.slice(0, 8)}-0`;
    this.pid = FIRST_PID + index;
    this.cores = options.works ? 0.01 + (index % 10) / 100 : 0;
  }

  get labels(): Readonly<Record<string, string>> {
    return { 'slipway.app': 'load', 'slipway.service': `web-${this.index}`, 'slipway.release': 'load-web-1' };
  }

  /** What a look reads of it on cgroup v2. */
  counters(seconds: number): string {
    const worked = this.cores * (seconds + 0.5 * Math.sin(seconds + this.index));
    const usage = Math.round(1e6 * (1 + worked));
    const swing = this.cores === 0 ? 0 : Math.round(MIB * (1 + Math.sin(seconds / 7 + this.index)));
    const periods = Math.round(10 * worked) + 1;
    return (
      `Linux\nusage_usec ${usage}\nnr_periods ${periods}\nnr_throttled ${periods >> 3}\n` +
      `throttled_usec ${(periods >> 3) * 1_000}\n${40 * MIB + swing}\ninactive_file ${4 * MIB}\noom_kill 0\n` +
      `0::/system.slice/docker-${this.id}.scope`
    );
  }

  /** Of its CPU, in thousandths of a core. */
  get peak(): number {
    return Math.round(this.cores * 1_500);
  }

  /** What a slow look reads besides. */
  details(seconds: number): string {
    const bytes = Math.round(this.cores * seconds * 1e5);
    const net = (name: string, count: number): string =>
      `${name}: ${count} 1 0 0 0 0 0 0 ${count} 1 0 0 0 0 0 0`;
    return (
      `Linux\ncpuset cpu io memory pids\n253:0 rbytes=${bytes} wbytes=${bytes} rios=1 wios=1 dbytes=0 dios=0\n` +
      `Linux\n5\nLinux\n${CPU_QUOTA}\nLinux\n${MEMORY_LIMIT}\nLinux\n0-3\n` +
      `Linux\n${net('lo', 0)}\n${net('eth0', bytes)}\n0::/system.slice/docker-${this.id}.scope`
    );
  }
}
