import { StepError } from '../task/domain/task-error.js';
import type { EffectOf } from '../task/domain/task.effects.js';
import type { Release, TaskEvent } from '../task/domain/task.events.js';
import type { TaskState } from '../task/domain/task.state.js';
import { type FetchedSource, IMAGE_LOST, type ImageBuilder, type Sources } from './ports.js';
import { type BuildOutput } from '../logs/ports.js';
import type { Releases } from '../releases/ports.js';
import type { Instances } from '../rollout/ports.js';
import type { StepWrites } from '../task/ports.js';
import type { BuildPlaces } from './build-places.js';
import type { EffectScope } from '../task/effect-scope.js';
import { inPhase, type PhaseLimits, type PhaseResult } from '../task/phase.js';

export interface SourceEffectPorts {
  readonly releases: Releases;
  readonly instances: Instances;
  readonly sources: Sources;
  readonly builder: ImageBuilder;
  readonly output: BuildOutput;
  readonly limits: PhaseLimits;
  readonly places: BuildPlaces;
}

const only = (event: TaskEvent): StepWrites => ({ events: [event] });

/** Before its last use is stored: whoever is killed after that leaves no folder. */
async function drop({ kept }: EffectScope): Promise<void> {
  const { source } = kept;
  kept.source = undefined;
  await source?.dispose();
}

/** From a source, or from what was built before, to a release. */
export class SourceEffects {
  constructor(private readonly ports: SourceEffectPorts) {}

  async fetch(scope: EffectScope, state: TaskState): Promise<StepWrites> {
    const { result, ms } = await this.fetched(scope, state);
    const { sourceDigest, config } = result;
    const event: TaskEvent = { type: 'SourceFetched', data: { sourceDigest, config, phase: 'fetch', ms } };
    const release = await this.ports.releases.byDigest(state.appId, state.service, sourceDigest);
    const isNeeded = release === undefined && state.dryRun !== true;
    if (!isNeeded) await drop(scope);
    if (release === undefined) return only(event);
    return {
      events: [event, { type: 'ReleaseReused', data: { release } }],
      currentRelease: state.dryRun === true ? undefined : release,
    };
  }

  /** A take-over goes where its predecessor's image lies; others, among builders with equal room, where the cache is. */
  async build(scope: EffectScope, state: TaskState, effect: EffectOf<'build-image'>): Promise<StepWrites> {
    const { builder, output, places, releases } = this.ports;
    const { appId, service } = state;
    const tag = builder.tagOf(appId, service, effect.sourceDigest);
    const { result: source } = await this.fetched(scope, state);
    const { signal, claim } = scope;
    const several = builder.limits.size > 1;
    const holder = several && claim.fence > 1n ? await builder.holderOf(tag) : undefined;
    const before = several ? await releases.current(appId, service) : undefined;
    const onPassedOver = (name: string, why: string): void =>
      output.lines(claim, state, [`Builder ${name} is passed over: ${why}`]);
    try {
      const wish = { holder, preferred: before?.builder, signal, onPassedOver };
      const { builder: name, result } = await places.build(wish, (at) =>
        this.buildAt(at, scope, state, { source, tag }),
      );
      return only({ type: 'ImageBuilt', data: { tag, builder: name, phase: 'build', ms: result.ms } });
    } finally {
      await output.ended(claim);
      await drop(scope);
    }
  }

  private buildAt(
    name: string,
    { claim, signal }: EffectScope,
    state: TaskState,
    { source, tag }: { readonly source: FetchedSource; readonly tag: string },
  ): Promise<PhaseResult<void>> {
    const { builder, output, limits } = this.ports;
    const labels = { 'slipway.app': state.appId, 'slipway.service': state.service };
    return inPhase({ name: 'build', idleMs: limits.buildMs, signal }, (within, onProgress) => {
      const onOutput = (line: string): void => {
        onProgress();
        output.lines(claim, state, [line]);
      };
      return builder.build(name, { source, tag, labels, onOutput }, within);
    });
  }

  async push(scope: EffectScope, state: TaskState, effect: EffectOf<'push-image'>): Promise<StepWrites> {
    const { builder, limits } = this.ports;
    const phase = { name: 'push', idleMs: limits.pushMs, signal: scope.signal };
    const pushed = await inPhase(phase, (signal, onProgress) =>
      builder.push({ tag: effect.tag, builder: state.builder }, signal, onProgress),
    ).catch((error: unknown) => {
      if (state.imageLost || !(error instanceof StepError) || error.code !== IMAGE_LOST) throw error;
      return undefined;
    });
    if (pushed === undefined) return only({ type: 'ImageLost', data: { tag: effect.tag } });
    const { result: image, ms } = pushed;
    const { config } = state;
    if (config === undefined) throw new Error('a pushed task has a config');
    const id = `${state.appId}-${state.service}-${effect.sourceDigest.slice(0, 12)}`;
    const release: Release = {
      ...{ id, sourceDigest: effect.sourceDigest, image, config },
      builder: state.builder,
    };
    return {
      events: [{ type: 'ImagePushed', data: { release, phase: 'push', ms } }],
      release,
      currentRelease: release,
    };
  }

  /** The release that was named; else what runs (scale), the last good one before it (rollback), the newest (run). */
  async resolve(state: TaskState): Promise<StepWrites> {
    const release = await this.wanted(state);
    if (release !== undefined) return only({ type: 'ReleaseResolved', data: { release } });
    const { appId, service, wantedRelease, mode } = state;
    const before = mode === 'rollback' ? ' to roll back to' : '';
    throw new StepError({
      code: 'RELEASE_NOT_FOUND',
      message:
        wantedRelease === undefined
          ? `There is no release of ${appId}/${service}${before}.`
          : `There is no release ${wantedRelease} of ${appId}/${service}.`,
      hint:
        mode === 'rollback' || wantedRelease !== undefined
          ? `See which there are: slipway releases ${appId} ${service}`
          : `Build one first: send the same request with mode "build-and-run", or: slipway build ${appId} ${service}`,
    });
  }

  private async wanted({
    appId,
    service,
    mode,
    wantedRelease,
    scale,
    survey = [],
    spec,
  }: TaskState): Promise<Release | undefined> {
    const { releases, instances } = this.ports;
    if (wantedRelease !== undefined) return releases.byId(appId, service, wantedRelease);
    const asked = mode === 'scale' ? spec?.release : undefined;
    const wanted = asked && (await releases.byId(appId, service, asked));
    if (wanted) return wanted;
    const repaired = survey.find(({ name }) => name === scale?.repairs)?.release;
    const running = repaired ?? survey.find(({ alive }) => alive)?.release;
    // From none: what served last, which after a rollback is not the newest.
    if (mode === 'scale')
      return running ?? (await releases.lastGood(appId, service, [])) ?? releases.current(appId, service);
    if (mode === 'run') return releases.current(appId, service);
    const known = await instances.of(appId, service);
    return releases.lastGood(appId, service, [...new Set(known.map(({ release }) => release.id))]);
  }

  private async fetched(
    { kept, signal }: EffectScope,
    { source }: TaskState,
  ): Promise<{ readonly result: FetchedSource; readonly ms: number }> {
    if (kept.source !== undefined) return { result: kept.source, ms: 0 };
    const phase = { name: 'fetch', idleMs: this.ports.limits.fetchMs, signal };
    const fetched = await inPhase(phase, (within) => this.ports.sources.fetch(source, within));
    kept.source = fetched.result;
    return fetched;
  }
}
