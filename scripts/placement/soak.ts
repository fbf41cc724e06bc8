import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { instanceReported, type InstanceReport, nodeReleased, type NodeRequest } from '#libs/contracts';
import { byShare, randomOf } from '#libs/testing';
import { checkReservations, type Violations } from './checks.js';
import type { Replicas } from './replicas.js';
import { placeOf, type PlacementTraffic } from './traffic.js';

export interface PlacementSoakOptions {
  readonly replicas: number;
  readonly seconds: number;
  /** Seconds between two kills; 0 kills nobody. */
  readonly killEvery: number;
  readonly seed: number;
}

export interface PlacementSoakFigures {
  readonly tokens: number;
  readonly placed: number;
  readonly refused: number;
  readonly kills: number;
  readonly placedPerSecond: number;
}

export interface PlacementSoakParts {
  readonly replicas: Replicas;
  readonly traffic: PlacementTraffic;
  readonly database: Pick<pg.Pool, 'query'>;
  readonly signal: AbortSignal;
}

/** What becomes of a place, and the state in which its reservation ends. */
const FATES = {
  keep: 'promised',
  run: 'bound',
  'run and stop': 'released',
  fail: 'released',
  release: 'released',
} as const;
type Fate = keyof typeof FATES;

/** Hardly any room is kept, so that it goes on for as long as one likes. Requests for what is kept come twice. */
const SHARES: readonly (readonly [Fate, number])[] = [
  ['keep', 0.01],
  ['run', 0.01],
  ['run and stop', 0.48],
  ['fail', 0.25],
  ['release', 0.25],
];

const APPLICATIONS = 20;
const CPUS = [0.1, 0.25, 0.5, 1] as const;
const MEMORIES_MIB = [32, 64, 256] as const;
/** Requests of one publication, and without an answer at most. */
const BATCH = 8;
const IN_FLIGHT = 64;
/** Longer than a group needs to miss a killed replica. */
const PATIENCE_MS = 25_000;
const LOOK_MS = 50;

/** Node requests through replicas that are killed, reports and releases of what was placed; then what came of it. */
export class PlacementSoak {
  private readonly random: () => number;
  private readonly fates = new Map<string, Fate>();
  private asked = 0;

  constructor(
    private readonly parts: PlacementSoakParts,
    private readonly options: PlacementSoakOptions,
  ) {
    this.random = randomOf(options.seed);
  }

  async run(): Promise<{ readonly figures: PlacementSoakFigures; readonly violations: Violations }> {
    const { replicas, traffic, database } = this.parts;
    const begun = performance.now();
    const ending = new AbortController();
    const killing = this.killAgainAndAgain(ending.signal);
    while (performance.now() - begun < this.options.seconds * 1_000) await this.step();
    const seconds = (performance.now() - begun) / 1_000;
    ending.abort();
    await killing;
    const unsettled = await this.untilSettled();
    const answers = [...traffic.answers.values()];
    const placed = answers.filter(({ answer }) => answer.node !== undefined).length;
    return {
      figures: {
        ...{ tokens: this.fates.size, placed, refused: answers.length - placed },
        ...{ kills: replicas.kills, placedPerSecond: Math.round(placed / seconds) },
      },
      violations: {
        ...(await checkReservations(database)),
        'every token is answered': [...this.fates.keys()].filter((token) => !traffic.answers.has(token)),
        'every answer to a token is the same': [...traffic.answers].flatMap(([token, { others }]) =>
          others.length > 0 ? [token] : [],
        ),
        'every reservation is as its token was used': unsettled,
        'no replica ends by itself': replicas.crashes,
      },
    };
  }

  private async step(): Promise<void> {
    const { traffic, signal } = this.parts;
    signal.throwIfAborted();
    if (traffic.unanswered <= IN_FLIGHT - BATCH) await traffic.ask(this.requests());
    await this.followAnswers();
    await delay(2, undefined, { signal });
  }

  private requests(): readonly NodeRequest[] {
    const fresh = Array.from({ length: BATCH }, () => this.request());
    // A repeat of what is given back at once would be a request of its own.
    const isKept = ({ accessToken }: NodeRequest): boolean =>
      ['keep', 'run'].includes(this.fates.get(accessToken) ?? '');
    return [...fresh, ...fresh.filter(isKept)];
  }

  private request(): NodeRequest {
    const n = (this.asked += 1);
    const accessToken = `soak-${this.options.seed}-${n}`;
    this.fates.set(accessToken, byShare(SHARES, this.random()));
    return {
      ...{ accessToken, appId: `app-${this.among(APPLICATIONS)}`, service: `service-${this.among(3)}` },
      resources: {
        cpu: CPUS[this.among(CPUS.length)] ?? 1,
        memoryMiB: MEMORIES_MIB[this.among(MEMORIES_MIB.length)] ?? 64,
      },
      needsPort: this.random() < 0.8,
      avoidNodes: [],
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    };
  }

  private among(count: number): number {
    return Math.floor(this.random() * count);
  }

  /** What its fate asks for, once an answer has come. */
  private async followAnswers(): Promise<void> {
    const { traffic } = this.parts;
    const come = traffic.newAnswers();
    if (come.length === 0) return;
    const reports: InstanceReport[] = [];
    const releases: { accessToken: string; appId: string }[] = [];
    for (const answer of come) {
      if (answer.node === undefined) continue;
      const { accessToken: token } = answer;
      const report = (state: InstanceReport['state']): void => {
        const example = instanceReported.schema.parse(instanceReported.example);
        const { appId, service } = answer;
        reports.push({
          ...example,
          appId,
          service,
          accessToken: token,
          node: answer.node?.name ?? '',
          state,
        });
      };
      const fate = this.fates.get(token);
      if (fate === 'release') releases.push({ accessToken: token, appId: answer.appId });
      if (fate === 'run' || fate === 'run and stop') report('running');
      if (fate === 'run and stop') report('stopped');
      if (fate === 'fail') report('failed');
    }
    await Promise.all([traffic.publish(instanceReported, reports), traffic.publish(nodeReleased, releases)]);
  }

  /** Another is started in the place of each, and may be killed before it is ready. */
  private async killAgainAndAgain(ending: AbortSignal): Promise<void> {
    const { replicas } = this.parts;
    const { killEvery } = this.options;
    const revived: Promise<void>[] = [];
    while (killEvery > 0 && !ending.aborted) {
      await delay(killEvery * 1_000, undefined, { signal: ending }).catch(() => undefined);
      if (ending.aborted) break;
      const place = this.among(this.options.replicas);
      await replicas.kill(place);
      revived.push(replicas.revive(place));
    }
    await Promise.all(revived);
  }

  /** @returns what is not as it should be once nothing has changed for long */
  private async untilSettled(): Promise<readonly string[]> {
    for (let since = performance.now(), before = -1; ; await delay(LOOK_MS)) {
      this.parts.signal.throwIfAborted();
      await this.followAnswers();
      const wrong = await this.notAsUsed();
      const left = wrong.length + this.parts.traffic.unanswered;
      if (left === 0) return [];
      if (left !== before) [before, since] = [left, performance.now()];
      else if (performance.now() - since > PATIENCE_MS) return wrong;
    }
  }

  private async notAsUsed(): Promise<readonly string[]> {
    const { rows } = await this.parts.database.query<{
      token: string;
      node: string;
      port: number | null;
      state: string;
    }>('SELECT access_token AS token, node, port, state FROM load_balancer.reservations');
    const found = new Map(
      rows.map(({ token, node, port, state }) => [token, `${node}:${port ?? '-'} ${state}`]),
    );
    const { answers } = this.parts.traffic;
    const wrong = [...this.fates].flatMap(([token, fate]) => {
      const answer = answers.get(token)?.answer;
      if (answer === undefined) return [];
      const expected = answer.node === undefined ? undefined : `${placeOf(answer)} ${FATES[fate]}`;
      const is = found.get(token);
      return is === expected ? [] : [`${token} (${fate}): ${is} instead of ${expected}`];
    });
    const unknown = [...found.keys()].filter((token) => !this.fates.has(token));
    return [...wrong, ...unknown.map((token) => `${token} was never asked for`)];
  }
}
