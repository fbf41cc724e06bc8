import { setTimeout as delay } from 'node:timers/promises';
import { randomOf } from '#libs/testing';
import { RuntimeApi } from '../../../apps/gateway/src/data-plane/adapters/runtime-api.js';
import type { Ledger } from '../../one-machine/ledger.js';
import { type Answered, openLoop } from './open-loop.js';
import { haproxyAlone, ownGateway, type Side, type SideOptions } from './sides.js';
import { SIDES } from './throughput.js';
import { type Speed, startUnevenInstances, type UnevenInstances } from './uneven-instances.js';

/** Ten that can do about 1,250 requests a second together. */
const SPEEDS: readonly Speed[] = [20, 20, 20, 20, 40, 40, 40, 80, 80, 80].map((ms) => ({ ms, atOnce: 4 }));
const STALLS = 4;
const STALL_MS = 5_000;
const FAILS = 0;
const PER_SECOND = 600;
/** Until what balances by figures has some. */
const WARM_SECONDS = 4;

const TROUBLES = ['stalls', 'fails'] as const;
export type Trouble = (typeof TROUBLES)[number];

export const RULES = {
  roundRobin: 'round robin',
  least: 'least connections',
  random: 'random two choices',
  ours: SIDES.ours,
} as const;
export type Rule = (typeof RULES)[keyof typeof RULES];

export interface TailRound {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of the requests. */
  readonly errors: number;
  /** From the stall until the instance had half of its weight at most; undefined where it never had, or nobody looked. */
  readonly loweredMs?: number;
}

export interface TailMeasured {
  readonly rule: Rule;
  readonly trouble: Trouble;
  readonly rounds: readonly TailRound[];
}

interface TailOptions {
  readonly folder: string;
  readonly ledger: Ledger;
  readonly rounds: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** Ten instances of uneven speed, of which one stalls for 5 s, or one answers 500 at once. */
export async function measureTail(options: TailOptions): Promise<readonly TailMeasured[]> {
  const { rounds, signal, say } = options;
  const measured = Object.values(RULES).flatMap((rule) =>
    TROUBLES.map((trouble) => ({ rule, trouble, rounds: [] as TailRound[] })),
  );
  for (let round = 1; round <= rounds; round += 1) {
    say(`tail, round ${round} of ${rounds} ...`);
    for (const one of measured) {
      signal.throwIfAborted();
      // Everybody meets the same requests.
      one.rounds.push(await measureOne(one.rule, one.trouble, options, randomOf(round)));
    }
  }
  return measured;
}

async function measureOne(
  rule: Rule,
  trouble: Trouble,
  { folder, ledger, seconds, signal }: TailOptions,
  random: () => number,
): Promise<TailRound> {
  await using stops = new AsyncDisposableStack();
  const instances = await startUnevenInstances(SPEEDS, ledger);
  stops.defer(() => instances.stop());
  const side = await sideOf(rule, { folder, ledger, ports: instances.ports, cores: '0,1', threads: 1 });
  stops.defer(() => side.stop());
  const load = { port: side.port, perSecond: PER_SECOND, random, signal };
  await openLoop({ ...load, seconds: WARM_SECONDS });
  begin(trouble, instances);
  const ended = new AbortController();
  const lowered = watchLowered(side, instances.ports[STALLS] ?? 0, ended.signal);
  const answered = await openLoop({ ...load, seconds });
  ended.abort();
  return { ...figuresOf(answered), ...(trouble === 'stalls' && { loweredMs: await lowered }) };
}

function begin(trouble: Trouble, instances: UnevenInstances): void {
  if (trouble === 'stalls') instances.order({ kind: 'stall', index: STALLS, ms: STALL_MS });
  else instances.order({ kind: 'fail', index: FAILS });
}

function sideOf(rule: Rule, options: SideOptions): Promise<Side> {
  switch (rule) {
    case RULES.roundRobin:
      return haproxyAlone(rule, 'roundrobin', options);
    case RULES.least:
      return haproxyAlone(rule, 'leastconn', options);
    case RULES.random:
      return haproxyAlone(rule, 'random(2)', options);
    case RULES.ours:
      return ownGateway(rule, options);
  }
}

function figuresOf(answered: readonly Answered[]): TailRound {
  const sorted = answered.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? NaN;
  const errors = answered.filter(({ isError }) => isError).length / answered.length;
  return { p50Ms: at(0.5), p99Ms: at(0.99), errors };
}

const LOOK_MS = 50;
const READY = '2';

/** How long until HAProxy gives the server at this port half of its weight at most, or nothing at all. */
async function watchLowered(
  { runtimeSocket }: Side,
  port: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (runtimeSocket === undefined) return undefined;
  const begun = performance.now();
  const api = await RuntimeApi.connect(runtimeSocket);
  try {
    const first = await stateAt(api, port);
    for (; !signal.aborted; await delay(LOOK_MS)) {
      const now = await stateAt(api, port);
      const isOff = now.operation !== READY || now.admin !== '0';
      if (isOff || now.weight <= first.weight / 2) return performance.now() - begun;
    }
    return undefined;
  } finally {
    api.close();
  }
}

async function stateAt(api: RuntimeApi, port: number) {
  const [, head = '', ...lines] = (await api.ask('show servers state')).split('\n');
  const names = head.replace('# ', '').split(' ');
  const line = lines
    .map((one) => one.split(' '))
    .find((one) => one[names.indexOf('srv_port')] === String(port));
  const field = (name: string): string => line?.[names.indexOf(name)] ?? '';
  return {
    ...{ weight: Number(field('srv_uweight')), operation: field('srv_op_state') },
    admin: field('srv_admin_state'),
  };
}
