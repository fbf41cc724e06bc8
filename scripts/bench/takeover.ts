import type { DeploymentProgress } from '#libs/contracts';
import type { Fleet } from '../soak/fleet.js';
import { percentile } from '../soak/report.js';

/** After one of these steps, in turn, the replica that stored it is killed: it is in the middle of the next one. */
const KILLED_AFTER = [
  'NodeAssigned',
  'InstanceStarted',
  'InstanceHealthy',
  'InstanceDraining',
  'NodeRequested',
];
const BIN_MS = 250;

interface Kill {
  readonly token: string;
  readonly replica: string;
  readonly at: number;
}

/** One that was killed, and how soon another replica stored the next step of its task. */
export interface TakeOver {
  readonly after: string;
  readonly ms: number;
}

/** Watches deployments, and kills whoever is at work. */
export class Killer {
  readonly takeOvers: TakeOver[] = [];
  private armed: { readonly step: string; readonly since: number } | undefined;
  private kill: Kill | undefined;
  private replacing: Promise<unknown> = Promise.resolve();

  constructor(private readonly fleet: Fleet) {}

  /** From now on the next deployment loses its replica. */
  arm(): void {
    // The same as before where that deployment was over before its replica was killed.
    const step = KILLED_AFTER[this.takeOvers.length % KILLED_AFTER.length] ?? '';
    this.armed = { step, since: Date.now() };
    this.kill = undefined;
  }

  /** Resolves when a replica stands again where the killed one was. The reply leaves before the steps stored with it. */
  async recovered(): Promise<void> {
    if (this.kill === undefined) this.armed = undefined;
    await this.replacing;
    this.armed = undefined;
  }

  see(step: DeploymentProgress): void {
    const { armed, kill } = this;
    const { token, replica, event } = step;
    const at = Date.parse(step.at);
    if (armed === undefined || at < armed.since) return;
    if (kill === undefined) {
      if (event === armed.step) this.strike(token, replica);
    } else if (token === kill.token && replica !== kill.replica) {
      this.takeOvers.push({ after: armed.step, ms: at - kill.at });
      this.armed = undefined;
    }
  }

  private strike(token: string, replica: string): void {
    const pid = Number(replica.slice(replica.lastIndexOf('-') + 1));
    this.kill = { token, replica, at: Date.now() };
    this.replacing = this.fleet.replace(pid);
  }
}

/** As text: how many took how long. */
export function histogram(times: readonly number[]): string {
  const bins = new Map<number, number>();
  for (const ms of times) bins.set(binOf(ms), (bins.get(binOf(ms)) ?? 0) + 1);
  const places = [...bins.keys()];
  const lines: string[] = [];
  for (let bin = Math.min(...places); bin <= Math.max(...places); bin += 1) {
    const count = bins.get(bin) ?? 0;
    lines.push(`${seconds(bin * BIN_MS)}-${seconds((bin + 1) * BIN_MS)} s  ${'#'.repeat(count)} ${count}`);
  }
  return lines.join('\n');
}

const binOf = (ms: number): number => Math.floor(ms / BIN_MS);

const seconds = (ms: number): string => (ms / 1_000).toFixed(2);

/** The histogram, and how many were within the goal. */
export function printedTakeOvers(takeOvers: readonly TakeOver[], goalMs: number): string {
  const times = takeOvers.map(({ ms }) => ms);
  const within = times.filter((ms) => ms <= goalMs).length;
  const [median, p90, most] = [percentile(times, 0.5), percentile(times, 0.9), Math.max(...times)].map(
    seconds,
  );
  const bySteps = KILLED_AFTER.map((step) => {
    const own = takeOvers.filter(({ after }) => after === step).map(({ ms }) => seconds(ms));
    return `  killed after ${step}: ${own.join(' ')}`;
  });
  return [
    `\nFrom SIGKILL to the next step by another replica, ${times.length} kills:`,
    histogram(times),
    `median ${median} s, p90 ${p90} s, most ${most} s; ${within} of ${times.length} within ${seconds(goalMs)} s`,
    ...bySteps,
  ].join('\n');
}
