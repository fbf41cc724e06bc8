import { type AppProcess, type NodeEntry, randomOf, spawnApp, untilReady } from '#libs/testing';
import type { Ledger } from '../one-machine/ledger.js';
import { enrol } from '../platform.js';

type Env = Readonly<Record<string, string>>;

interface FleetOptions {
  readonly env: Env;
  readonly nodes: readonly NodeEntry[];
  readonly ledger: Ledger;
  readonly replicas: number;
  /** Of the node manager; one when left out. */
  readonly managers?: number;
  /** Of the agent; none when left out. */
  readonly agents?: number;
  /** Of the load balancer; one when left out. */
  readonly balancers?: number;
  /** What a gateway needs besides; none when left out. */
  readonly gateway?: Env;
  readonly seed: number;
}

/** Apps of which replicas may be killed, besides the deployer. */
export type Watcher = 'agent' | 'node-manager' | 'load-balancer' | 'gateway';

/** Node managers, load balancers, agents, perhaps a gateway, and several deployers, each a process of its own. */
export class Fleet {
  kills = 0;
  private readonly deployers: AppProcess[] = [];
  private readonly watchers: Record<Watcher, AppProcess[]> = {
    ...{ agent: [], 'node-manager': [] },
    ...{ 'load-balancer': [], gateway: [] },
  };
  /** How apps ended that nobody killed, with the end of their log. */
  readonly crashes: string[] = [];
  private readonly killed = new WeakSet<AppProcess>();
  private readonly random: () => number;
  private killing: NodeJS.Timeout | undefined;
  private stopped = false;

  private constructor(private readonly options: FleetOptions) {
    this.random = randomOf(options.seed);
  }

  static async start(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(options);
    try {
      await fleet.startAll();
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  /** From now on a random deployer is killed every so many seconds, and another started in its place at once. */
  killEvery(seconds: number): void {
    if (seconds > 0) this.killing = setInterval(() => void this.killOne(), seconds * 1_000);
  }

  endKilling(): void {
    clearInterval(this.killing);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.endKilling();
    await Promise.all([...this.deployers, ...this.allWatchers].map((app) => app.stop()));
  }

  private async startAll(): Promise<void> {
    const { nodes, replicas, managers = 1, agents = 0, balancers = 1, gateway } = this.options;
    const manager = this.startWatcher('node-manager', 0);
    await untilReady(manager);
    const [url = ''] = Object.values(manager.httpUrls());
    await Promise.all(nodes.map((node) => enrol({ ...this.options.env, SLIPWAY_API_URL: url }, node)));
    for (let n = 0; n < balancers; n += 1) this.startWatcher('load-balancer', n);
    if (gateway !== undefined) this.startWatcher('gateway', 0);
    for (let n = 1; n < managers; n += 1) this.startWatcher('node-manager', n);
    for (let n = 0; n < agents; n += 1) this.startWatcher('agent', n);
    for (let n = 0; n < replicas; n += 1) this.startDeployer(n);
    const started = [...this.allWatchers, ...this.deployers];
    await Promise.all(started.map((app) => untilReady(app)));
  }

  /** Where the node manager's API is. */
  get apiUrl(): string {
    return Object.values(this.watchers['node-manager'][0]?.httpUrls() ?? {})[0] ?? '';
  }

  /** The replicas of an app, by the number of their place. */
  watchersOf(app: Watcher): readonly AppProcess[] {
    return this.watchers[app];
  }

  /** Kills a replica; another is in its place, and ready, when `revive` resolves. */
  async killWatcher(app: Watcher, place: number): Promise<{ revive(): Promise<void> }> {
    const victim = this.watchers[app][place];
    if (victim === undefined) throw new Error(`there is no ${app} ${place}`);
    this.killed.add(victim);
    await victim.stop('SIGKILL');
    return { revive: () => untilReady(this.startWatcher(app, place)) };
  }

  get deployerPids(): readonly number[] {
    return this.deployers.map(({ pid }) => pid);
  }

  /** Kills the deployer of this process for good: nothing is started in its place. False when there is none. */
  async kill(pid: number): Promise<boolean> {
    const place = this.deployers.findIndex((app) => app.pid === pid);
    const [victim] = place < 0 ? [] : this.deployers.splice(place, 1);
    await victim?.stop('SIGKILL');
    return victim !== undefined;
  }

  /** Kills the deployer of this process; resolves when another in its place is ready. False when there is none. */
  async replace(pid: number): Promise<boolean> {
    const place = this.deployers.findIndex((app) => app.pid === pid);
    await this.killAt(place);
    const next = this.deployers[place];
    if (next !== undefined) await untilReady(next);
    return next !== undefined;
  }

  private async killOne(): Promise<void> {
    await this.killAt(Math.floor(this.random() * this.deployers.length));
  }

  /** Another is started in its place at once. */
  private async killAt(place: number): Promise<void> {
    const victim = this.deployers[place];
    if (victim === undefined) return;
    this.kills += 1;
    const gone = victim.stop('SIGKILL');
    this.startDeployer(place);
    await gone;
  }

  private get allWatchers(): readonly AppProcess[] {
    return Object.values(this.watchers).flat();
  }

  private startWatcher(app: Watcher, place: number): AppProcess {
    const process_ = this.spawn(app, app === 'gateway' ? this.options.gateway : undefined);
    this.watchers[app][place] = process_;
    void process_.ended.then((code) => {
      if (this.stopped || this.killed.has(process_)) return;
      this.crashes.push(`${app} ${place} ended by itself with ${code}: ${process_.log().slice(-2_000)}`);
    });
    return process_;
  }

  private startDeployer(place: number): void {
    const app = this.spawn('deployer');
    this.deployers[place] = app;
    void app.ended.then((code) => {
      if (this.stopped || this.deployers[place] !== app) return;
      this.crashes.push(`a deployer ended by itself with ${code}: ${app.log().slice(-2_000)}`);
      this.startDeployer(place);
    });
  }

  private spawn(app: string, own?: Env): AppProcess {
    const started = spawnApp(app, { ...process.env, ...this.options.env, ...own });
    this.options.ledger.holdProcess(started.pid);
    return started;
  }
}
