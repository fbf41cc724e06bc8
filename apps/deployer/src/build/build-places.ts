import { StepError, toTaskError, toWholeError } from '../task/domain/task-error.js';
import type { ImageBuilder } from './ports.js';
import type { Clock } from '../task/ports.js';
import { BuilderTurns } from './builder-turns.js';

/** After one of these the same build may well succeed at another builder. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'ENGINE_UNREACHABLE',
  'ENGINE_FORBIDDEN',
  'ENGINE_UNSUPPORTED',
  'BUILDER_DISK_FULL',
  'NO_SPACE',
]);

/** How long a builder that could not build is passed over, as long as there is another. */
const PASSED_OVER_MS = 10_000;

interface PlaceWish {
  /** The only builder to go to as long as it can be used: it has the image already. */
  readonly holder?: string;
  /** Among builders with equal room. */
  readonly preferred?: string;
  readonly signal: AbortSignal;
  /** Told of each builder at which this build could not be done. */
  readonly onPassedOver?: (builder: string, why: string) => void;
}

interface BuildPlacesPorts {
  readonly limits: ImageBuilder['limits'];
  readonly clock: Clock;
  readonly onPassedOver?: (builder: string, error: unknown) => void;
}

/** Finds each build a builder that can do it: the one with most room first, the next one when that is lost or full. */
export class BuildPlaces {
  private readonly turns: BuilderTurns;
  private readonly passedOverUntil = new Map<string, number>();

  constructor(private readonly ports: BuildPlacesPorts) {
    this.turns = new BuilderTurns(ports.limits);
  }

  /** Throws what `build` throws; where each builder was lost or full, an error that says so of each. */
  async build<T>(
    wish: PlaceWish,
    build: (builder: string) => Promise<T>,
  ): Promise<{ readonly builder: string; readonly result: T }> {
    const failures = new Map<string, unknown>();
    for (;;) {
      const among = this.candidates(wish, failures);
      if (among.length === 0) throw failureOf(failures);
      const built = await this.turns.take({ ...wish, among }, (builder) =>
        this.attempt(builder, wish, failures, build),
      );
      if (built !== undefined) return built;
    }
  }

  /** Undefined where the build is to go elsewhere. */
  private async attempt<T>(
    builder: string,
    wish: PlaceWish,
    failures: Map<string, unknown>,
    build: (builder: string) => Promise<T>,
  ): Promise<{ readonly builder: string; readonly result: T } | undefined> {
    // It was lost while this build waited for it.
    if (!this.candidates(wish, failures).includes(builder)) return undefined;
    try {
      const result = await build(builder);
      this.passedOverUntil.delete(builder);
      return { builder, result };
    } catch (error) {
      const { code, message } = toTaskError('build-image', error);
      if (!ELSEWHERE.has(code)) throw error;
      failures.set(builder, error);
      this.passedOverUntil.set(builder, this.ports.clock.now().getTime() + PASSED_OVER_MS);
      this.ports.onPassedOver?.(builder, error);
      wish.onPassedOver?.(builder, message);
      return undefined;
    }
  }

  private candidates({ holder }: PlaceWish, failures: ReadonlyMap<string, unknown>): readonly string[] {
    if (holder !== undefined && !failures.has(holder)) return [holder];
    const left = [...this.ports.limits.keys()].filter((name) => !failures.has(name));
    const now = this.ports.clock.now().getTime();
    const usable = left.filter((name) => (this.passedOverUntil.get(name) ?? 0) <= now);
    return usable.length > 0 ? usable : left;
  }
}

/** Of several, a full disk is told first: somebody can do something about it. */
function failureOf(failures: ReadonlyMap<string, unknown>): unknown {
  const all = [...failures].map(([builder, error]) => ({
    builder,
    error,
    // It is cut once, with what is said of the others.
    said: toWholeError('build-image', error),
  }));
  const told = all.find(({ said }) => said.code !== 'ENGINE_UNREACHABLE') ?? all.at(-1);
  if (told === undefined) return new Error('there is no builder');
  if (all.length === 1) return told.error;
  const message = all.map(({ builder, said }) => `${builder}: ${said.message}`).join(' ');
  return new StepError(
    { ...told.said, message: `No builder is available. ${message}` },
    { cause: told.error },
  );
}
