import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SshPool } from '#libs/ssh';
import { sshTargetOf, until } from '#libs/testing';
import { Observer, type SeenSecond } from '../replicas/observer.js';
import type { Installation } from './installation.js';

const SOON = { timeoutMs: 60_000 };
const LOOK_EVERY_MS = 500;
/** A machine that is busy with other work may be so much slower; the times themselves are printed. */
const BUSY = 3;
const WATCHED_AGAIN_MS = 5_000;
const BOTH_AWAY_MS = 4_000;
const BROKERS = ['Kafka 1', 'Kafka 2', 'Kafka 3'];

interface Standing {
  readonly name: string;
  readonly state: string;
}

interface Case {
  readonly name: string;
  run(): Promise<void>;
}

/** What is said of nodes while something befalls them, or those who watch them; the chosen cases. */
export function watchingOfNodes(
  installed: () => Installation,
  faultMs: number,
  isChosen: (name: string) => boolean,
): void {
  const watching = new Watching(installed, faultMs);
  const chosen = watching.cases().filter(({ name }) => isChosen(name));
  if (chosen.length === 0) return;
  describe('the watching of nodes', () => {
    beforeAll(() => watching.start());
    afterAll(() => watching.stop());
    it.each(chosen.map((one) => [one.name, one] as const))('%s', (_, { run }) => run());
  });
}

class Watching {
  private readonly observer = new Observer();
  private readonly ssh = new SshPool();

  constructor(
    private readonly installed: () => Installation,
    private readonly faultMs: number,
  ) {}

  cases(): readonly Case[] {
    const seconds = this.faultMs / 1_000;
    return [
      { name: `a node at 100 % CPU for ${seconds} s stays ready`, run: () => this.busyNode() },
      {
        name: `Kafka away for ${seconds} s changes no verdict: there are gaps, and figures go on afterwards`,
        run: () => this.withoutKafka(),
      },
      {
        name: 'one agent killed: no verdict changes, and its nodes are watched again',
        run: () => this.oneKilled(),
      },
      {
        name: 'both agents killed: no verdict changes, and all nodes are watched again',
        run: () => this.bothKilled(),
      },
    ];
  }

  async start(): Promise<void> {
    await this.observer.start();
    for (const node of this.nodes)
      await until(`a verdict on ${node}`, () => this.observer.stateOf(node), SOON);
    await this.untilFigures(performance.now());
  }

  async stop(): Promise<void> {
    await this.observer.stop();
    await this.ssh.close();
  }

  private async busyNode(): Promise<void> {
    const [entry] = this.installed().nodes;
    if (entry === undefined) throw new Error('there is no node');
    const seconds = this.faultMs / 1_000;
    // Two for each core: one waits whenever another runs.
    const burner = `timeout ${seconds} sh -c "while :; do :; done" &`;
    const burn = `${Array(2 * cpus().length)
      .fill(burner)
      .join(' ')} wait`;
    const options = { timeoutMs: this.faultMs + 30_000 };
    const begun = performance.now();
    await this.unchanged(() => this.ssh.exec(sshTargetOf(entry), ['sh', '-c', burn], options));
    const busy = this.secondsOf(entry.name, begun).flatMap(({ observed }) =>
      observed.kind === 'observed' ? [observed.node.host.cpu.user] : [],
    );
    const median = busy.toSorted((one, other) => one - other)[Math.floor(busy.length / 2)] ?? 0;
    console.log(
      `${busy.length} of ${seconds} s observed; in half of them ${median.toFixed(2)} cores or more`,
    );
    // All nodes of the set-up, and other tests, share these cores.
    expect(median).toBeGreaterThan(cpus().length / 10);
  }

  private async withoutKafka(): Promise<void> {
    const begun = performance.now();
    const fences = this.fences();
    const servers = BROKERS.map((name) => this.installed().server(name));
    const { took } = await this.unchanged(async () => {
      await Promise.all(servers.map((server) => server.kill()));
      await delay(this.faultMs);
      await Promise.all(servers.map((server) => server.start()));
      const back = performance.now();
      await this.untilFigures(back);
      const ms = Math.round(performance.now() - back);
      for (const node of this.nodes)
        await until(`the state of ${node}`, () => this.observer.states.some(isOf(node, back)), SOON);
      return { took: ms };
    });
    console.log(`three seconds of all nodes ${took} ms after Kafka came back`);
    expect(this.fences()).toEqual(fences);
    // What was not sent is missed by number, not guessed.
    for (const node of this.nodes) expect(missedOf(this.observer.of(node), begun)).toBeGreaterThan(0);
  }

  /** The other takes over the nodes that it had. */
  private async oneKilled(): Promise<void> {
    const before = this.fences();
    await this.unchanged(async () => {
      const { revive } = await this.installed().kill('agent', 0);
      const killed = performance.now();
      const orphaned = await until('the nodes of the killed one', () => this.takenOver(before), SOON);
      await this.untilFigures(killed + BUSY * WATCHED_AGAIN_MS);
      const taken = this.takenOver(before) ?? orphaned;
      const againMs = Math.max(...taken.map(({ atMs }) => atMs)) - killed;
      console.log(`${taken.length} nodes taken over, watched again ${Math.round(againMs)} ms after the kill`);
      expect(againMs).toBeLessThan(BUSY * WATCHED_AGAIN_MS);
      await revive();
    });
  }

  /** Nobody is left to take over: those who are started in their places do. */
  private async bothKilled(): Promise<void> {
    const before = this.fences();
    await this.unchanged(async () => {
      const { revive } = await this.installed().kill('agent', 0, 1);
      await delay(BOTH_AWAY_MS);
      await revive();
      const revived = performance.now();
      const all = (): boolean => this.takenOver(before)?.length === this.nodes.length;
      await until('all nodes to be taken over', all, SOON);
      await this.untilFigures(revived);
      const last = Math.max(...(this.takenOver(before) ?? []).map(({ atMs }) => atMs));
      const againMs = Math.max(0, last - revived);
      console.log(`all watched again ${Math.round(againMs)} ms after agents were ready`);
      expect(againMs).toBeLessThan(BUSY * WATCHED_AGAIN_MS);
    });
  }

  /** Meanwhile every node is ready in the registry, and no verdict on one changes. */
  private async unchanged<T>(work: () => Promise<T>): Promise<T> {
    const [before, begun] = [this.verdicts(), performance.now()];
    const seen = new Set<string>();
    let isOver = false;
    const looking = (async () => {
      while (!isOver) {
        for (const state of await this.registered()) seen.add(state);
        await delay(LOOK_EVERY_MS);
      }
    })();
    const result = await work().finally(() => (isOver = true));
    await looking;
    expect([...seen].toSorted()).toEqual(this.nodes.map((name) => `${name} ready`).toSorted());
    const dead = this.observer.states.filter(
      ({ atMs, state }) => atMs > begun && state.liveness.state !== 'alive',
    );
    expect(dead).toEqual([]);
    expect(this.verdicts()).toEqual(before);
    return result;
  }

  private async registered(): Promise<readonly string[]> {
    const { rows } = await this.installed().database.query<Standing>(
      'SELECT name, state FROM registry.nodes',
    );
    return rows.map(({ name, state }) => `${name} ${state}`);
  }

  private get nodes(): readonly string[] {
    return this.installed().nodes.map(({ name }) => name);
  }

  /** Since when each node has been what it is: another time is another verdict. */
  private verdicts(): readonly string[] {
    return this.nodes.map((node) => {
      const { state, since } = this.observer.stateOf(node)?.liveness ?? {};
      return `${node} ${state} ${since}`;
    });
  }

  private fences(): ReadonlyMap<string, number> {
    return new Map(this.nodes.map((node) => [node, this.observer.of(node).at(-1)?.fence ?? 0]));
  }

  /** The first second of each node with a higher fence; undefined while there is none. */
  private takenOver(before: ReadonlyMap<string, number>): readonly SeenSecond[] | undefined {
    const firsts = this.nodes.flatMap(
      (node) => this.observer.of(node).find(({ fence }) => fence > (before.get(node) ?? 0)) ?? [],
    );
    return firsts.length === 0 ? undefined : firsts;
  }

  private secondsOf(node: string, sinceMs: number): readonly SeenSecond[] {
    return this.observer
      .of(node)
      .filter(({ atMs, observed }) => atMs > sinceMs && observed.kind === 'observed');
  }

  private async untilFigures(sinceMs: number): Promise<void> {
    for (const node of this.nodes)
      await until(`three seconds of ${node}`, () => this.secondsOf(node, sinceMs).length >= 3, SOON);
  }
}

const isOf =
  (node: string, sinceMs: number) =>
  ({ atMs, state }: { readonly atMs: number; readonly state: { readonly node: string } }): boolean =>
    state.node === node && atMs > sinceMs;

/** How many seconds a reader knows that it has missed. */
const missedOf = (seconds: readonly SeenSecond[], sinceMs: number): number =>
  seconds
    .filter(({ atMs }) => atMs > sinceMs)
    .reduce((sum, { observed }) => sum + (observed.kind === 'old' ? 0 : observed.missed), 0);
