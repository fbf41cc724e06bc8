import type { RequestMode, ServiceOutcome } from '#libs/contracts';
import { byShare, randomOf } from '#libs/testing';

/** One publication; several have the same token. */
export interface PlannedRequest {
  readonly token: string;
  readonly mode: RequestMode;
  readonly appId: string;
  /** The blob with its source. */
  readonly blob: string;
  /** What its service's reply says when its requests are carried out one after another. */
  readonly expected: ServiceOutcome;
  /**
   * What it may say besides. A stop waits for no build, so it may come before what was asked for earlier. A run takes the
   * release that is current when its turn has come, so it may find one of a build that was asked for later.
   */
  readonly orElse: readonly ServiceOutcome[];
}

export interface Plan {
  /** In the order of publication. */
  readonly sends: readonly PlannedRequest[];
  /** Applications whose service must run in the end; all others must not. */
  readonly running: ReadonlySet<string>;
  /** Applications whose service may run: the last that starts or stops it is a run that a later build may reach. */
  readonly either: ReadonlySet<string>;
}

export const SERVICE = 'web';
export const GOOD_BLOBS = ['soak-1.zip', 'soak-2.zip', 'soak-3.zip'] as const;
/** Its container ends at once. */
export const BROKEN_BLOB = 'soak-broken.zip';

const REQUESTS_PER_APPLICATION = 8;
/** Every so-manieth application has a source that does not run. */
const BROKEN_EVERY = 20;
/** A repeat comes at most so many publications after its first. */
const REPEATED_WITHIN = 200;
const MODES: readonly (readonly [RequestMode, number])[] = [
  ['build-and-run', 0.4],
  ['run', 0.25],
  ['stop', 0.2],
  ['build', 0.15],
];

interface Application {
  readonly id: string;
  readonly broken: boolean;
  built: boolean;
  running: boolean;
}

/** What the service comes to when its requests are carried out one after another. */
function carryOut(app: Application, mode: RequestMode): ServiceOutcome {
  if (mode === 'stop') {
    const before = app.running;
    app.running = false;
    return before ? 'stopped' : 'not-running';
  }
  if (mode !== 'run') app.built = true;
  if (mode === 'build') return 'built';
  if (!app.built || app.broken) return 'failed';
  app.running = true;
  return 'running';
}

/** A run before the first build: it fails unless a build that was asked for later is done when its turn has come. */
const isEarly = ({ mode, blob, expected }: PlannedRequest): boolean =>
  mode === 'run' && expected === 'failed' && blob !== BROKEN_BLOB;

/** A stop finds running what it would have found stopped, or the other way round; what it overtakes starts nothing. */
function orElse(request: PlannedRequest, later: readonly PlannedRequest[]): readonly ServiceOutcome[] {
  const { mode, appId, expected } = request;
  if (mode === 'stop') return ['stopped', 'not-running'];
  const starts = mode !== 'build' && (expected === 'running' || expected === 'failed');
  const isOvertaken = later.some((other) => other.appId === appId && other.mode === 'stop');
  const isReached = isEarly(request) && later.some((other) => other.appId === appId && builds(other));
  return [...(starts && isOvertaken ? ['stopped' as const] : []), ...(isReached ? ['running' as const] : [])];
}

const builds = ({ mode }: PlannedRequest): boolean => mode === 'build' || mode === 'build-and-run';

function eitherOf(firsts: readonly PlannedRequest[]): ReadonlySet<string> {
  const last = new Map(firsts.filter(({ mode }) => mode !== 'build').map((one) => [one.appId, one]));
  return new Set(
    [...last.values()].filter(({ orElse }) => orElse.includes('running')).map(({ appId }) => appId),
  );
}

/** The same plan for the same numbers. Pure. */
export function planSoak(options: {
  readonly requests: number;
  readonly duplicates: number;
  readonly seed: number;
}): Plan {
  const random = randomOf(options.seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const distinct = Math.max(1, Math.round(options.requests * (1 - options.duplicates)));
  const apps = Array.from({ length: Math.ceil(distinct / REQUESTS_PER_APPLICATION) }, (_, n) => ({
    ...{ id: `soak-${n}`, broken: n % BROKEN_EVERY === BROKEN_EVERY - 1, built: false, running: false },
  }));
  const firsts = Array.from({ length: distinct }, (_, n): PlannedRequest => {
    const app = pick(apps);
    const mode = byShare(MODES, random());
    const blob = app.broken ? BROKEN_BLOB : pick(GOOD_BLOBS);
    const expected = carryOut(app, mode);
    return { token: `soak-${options.seed}-${n}`, mode, appId: app.id, blob, expected, orElse: [] };
  }).map((request, n, all) => ({ ...request, orElse: orElse(request, all.slice(n + 1)) }));
  const repeats = Array.from({ length: options.requests - distinct }, () => Math.floor(random() * distinct));
  const placed = [
    ...firsts.map((request, at) => ({ request, at })),
    ...repeats.map((of) => ({
      request: firsts[of] as PlannedRequest,
      at: of + 0.5 + random() * REPEATED_WITHIN,
    })),
  ];
  return {
    sends: placed.sort((a, b) => a.at - b.at).map(({ request }) => request),
    either: eitherOf(firsts),
    running: new Set(apps.filter((app) => app.running).map(({ id }) => id)),
  };
}
