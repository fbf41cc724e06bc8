import type { Effect } from '../domain/task.effects.js';
import { StepError } from '../domain/task-error.js';
import type { TaskState } from '../domain/task.state.js';
import type { Release, TaskEvent } from '../domain/task.events.js';
import type {
  BuildOutput,
  ClaimedTask,
  Clock,
  FetchedSource,
  ImageBuilder,
  NodeEngines,
  Prober,
  Sources,
  StepWrites,
  TaskStore,
  Wait,
} from '../ports.js';
import { reportOf, instanceName, startInstance } from './start-instance.js';
import type { Recorded } from './recorded-effects.js';
import { probeUntilHealthy } from './probe-until-healthy.js';

export interface EffectPorts {
  readonly store: TaskStore;
  readonly sources: Sources;
  readonly builder: ImageBuilder;
  readonly engines: NodeEngines;
  readonly prober: Prober;
  readonly clock: Clock;
  readonly wait: Wait;
  readonly output: BuildOutput;
  readonly healthTimeoutMs: number;
}

/** What one worker keeps between the steps of one task. */
export interface EffectScope {
  readonly claim: ClaimedTask;
  readonly signal: AbortSignal;
  source?: FetchedSource;
}

/** Effects on the world. */
type Runnable = Exclude<Effect, { kind: Recorded['kind'] | 'await-node' | 'remove-leftovers' }>;
type Of<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

/** A step's wall time in whole milliseconds. */
async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const started = performance.now();
  const result = await work();
  return { result, ms: Math.round(performance.now() - started) };
}

const only = (event: TaskEvent): StepWrites => ({ events: [event] });

/** Runs one effect in the world and tells which events (and rows beside them) it amounts to. */
export class EffectRunner {
  constructor(private readonly ports: EffectPorts) {}

  run(scope: EffectScope, state: TaskState, effect: Runnable): Promise<StepWrites> {
    switch (effect.kind) {
      case 'fetch-source':
        return this.fetchSource(scope, state);
      case 'build-image':
        return this.buildImage(scope, state, effect);
      case 'push-image':
        return this.pushImage(scope, state, effect);
      case 'resolve-release':
        return this.resolveRelease(state);
      case 'pull-image':
        return this.pullImage(scope, effect);
      case 'start-instance':
        return this.startInstance(scope, state, effect);
      case 'probe-instance':
        return this.probeInstance(scope, state, effect);
      case 'hand-over':
        return this.handOver(state);
      case 'stop-instances':
        return this.stopInstances(state, 'InstancesStopped');
    }
  }

  async awaitNode(
    scope: EffectScope,
    state: TaskState,
    effect: Of<'await-node'>,
    dueAt: Date,
  ): Promise<StepWrites | 'parked'> {
    const answer = await this.ports.store.answerOrPark(scope.claim, effect.accessToken, dueAt);
    if (answer === undefined) return 'parked';
    if (answer.node === undefined) throw noNode(state, answer.refusals);
    const { name, address, port, score } = answer.node;
    return only({
      type: 'NodeAssigned',
      data: {
        ordinal: effect.ordinal,
        node: { name, address, port, score },
        phase: 'place',
        ms: await this.msSince(scope, effect),
      },
    });
  }

  /** Placing is a wait, so its time is between two stored events, not inside one call. */
  private async msSince(scope: EffectScope, effect: Of<'await-node'>): Promise<number> {
    const { events } = await this.ports.store.history(scope.claim.taskId);
    const asked = events.find(
      (e) => e.event.type === 'NodeRequested' && e.event.data.ordinal === effect.ordinal,
    );
    return asked === undefined ? 0 : Math.max(0, this.ports.clock.now().getTime() - asked.at.getTime());
  }

  private async fetched(scope: EffectScope, state: TaskState): Promise<FetchedSource> {
    scope.source ??= await this.ports.sources.fetch(state.source, scope.signal);
    return scope.source;
  }

  private async fetchSource(scope: EffectScope, state: TaskState): Promise<StepWrites> {
    const { result, ms } = await timed(() => this.fetched(scope, state));
    const { sourceDigest, config } = result;
    const event: TaskEvent = { type: 'SourceFetched', data: { sourceDigest, config, phase: 'fetch', ms } };
    const release = await this.ports.store.releaseByDigest(state.appId, state.service, sourceDigest);
    if (release === undefined) return only(event);
    return { events: [event, { type: 'ReleaseReused', data: { release } }], currentRelease: release };
  }

  private async buildImage(
    scope: EffectScope,
    state: TaskState,
    effect: Of<'build-image'>,
  ): Promise<StepWrites> {
    const tag = this.ports.builder.tagOf(state.appId, state.service, effect.sourceDigest);
    const { ms } = await timed(async () => {
      const source = await this.fetched(scope, state);
      const labels = { 'slipway.app': state.appId, 'slipway.service': state.service };
      const output = (line: string): void => this.ports.output.lines(state, [line]);
      await this.ports.builder.build(source, tag, labels, output, scope.signal);
    });
    return only({ type: 'ImageBuilt', data: { tag, phase: 'build', ms } });
  }

  private async pushImage(
    scope: EffectScope,
    state: TaskState,
    effect: Of<'push-image'>,
  ): Promise<StepWrites> {
    const { result: image, ms } = await timed(() => this.ports.builder.push(effect.tag, scope.signal));
    if (state.config === undefined) throw new Error('a pushed task has a config');
    const id = `${state.appId}-${state.service}-${effect.sourceDigest.slice(0, 12)}`;
    const release: Release = { id, sourceDigest: effect.sourceDigest, image, config: state.config };
    return {
      events: [{ type: 'ImagePushed', data: { release, phase: 'push', ms } }],
      release,
      currentRelease: release,
    };
  }

  private async resolveRelease(state: TaskState): Promise<StepWrites> {
    const release = await this.ports.store.currentRelease(state.appId, state.service);
    if (release !== undefined) return only({ type: 'ReleaseResolved', data: { release } });
    throw new StepError({
      code: 'RELEASE_NOT_FOUND',
      message: `There is no release of ${state.appId}/${state.service} to run.`,
      hint: `Build one first: send the same request with mode "build-and-run", or: slipway build ${state.appId} ${state.service}`,
    });
  }

  private async pullImage(scope: EffectScope, effect: Of<'pull-image'>): Promise<StepWrites> {
    const { ms } = await timed(() =>
      this.ports.engines.pull(effect.node.name, effect.release.image, scope.signal),
    );
    return only({ type: 'ImagePulled', data: { ordinal: effect.ordinal, phase: 'pull', ms } });
  }

  private async startInstance(
    scope: EffectScope,
    state: TaskState,
    effect: Of<'start-instance'>,
  ): Promise<StepWrites> {
    const { result, ms } = await timed(() => startInstance(this.ports.engines, scope.claim, state, effect));
    const { instance } = effect;
    return only({
      type: 'InstanceStarted',
      data: { ordinal: instance.ordinal, ...result, phase: 'start', ms },
    });
  }

  private async probeInstance(
    scope: EffectScope,
    state: TaskState,
    effect: Of<'probe-instance'>,
  ): Promise<StepWrites> {
    const { ms } = await timed(() => probeUntilHealthy(this.ports, effect, scope.signal));
    const now = this.ports.clock.now().toISOString();
    const report = reportOf(state, effect.release, effect.instance, 'running', now);
    return {
      events: [{ type: 'InstanceHealthy', data: { ordinal: effect.instance.ordinal, phase: 'healthy', ms } }],
      addInstance: { report, stop: effect.release.config.stop },
      reports: [report],
    };
  }

  private async handOver(state: TaskState): Promise<StepWrites> {
    const addresses = state.instances.flatMap(({ address }) => address ?? []);
    const [writes] = await Promise.all([
      this.stopInstances(state, 'PreviousStopped'),
      ...addresses.map(({ node, container }) => this.ports.engines.keepRunning(node, container)),
    ]);
    return writes;
  }

  private async stopInstances(
    state: TaskState,
    type: 'PreviousStopped' | 'InstancesStopped',
  ): Promise<StepWrites> {
    const own = new Set(state.instances.map((i) => i.name));
    const known = await this.ports.store.instancesOf(state.appId, state.service);
    const targets = known.filter((i) => !own.has(i.name));
    const { ms } = await timed(() =>
      Promise.all(targets.map((i) => this.ports.engines.stopAndRemove(i.node, i.container, i.stop))),
    );
    const reportedAt = this.ports.clock.now().toISOString();
    const instances = targets.map(({ name, node, container }) => ({ name, node, container }));
    return {
      events: [{ type, data: { instances, phase: 'stop', ms } }],
      removeInstances: targets.map((i) => i.name),
      reports: targets.map((i) => ({ ...i.report, state: 'stopped', reportedAt })),
    };
  }

  /** Never throws: what cannot be removed now is left to be found by its labels. */
  async removeLeftovers(state: TaskState): Promise<StepWrites> {
    const placed = state.instances.flatMap((i) => (i.node === undefined ? [] : [{ ...i, node: i.node }]));
    const names = placed.map((i) => instanceName(state, i));
    const grace = { signal: 'SIGKILL', graceMs: 0 };
    await Promise.allSettled(
      placed.map((i, n) => this.ports.engines.stopAndRemove(i.node.name, names[n] ?? '', grace)),
    );
    const now = this.ports.clock.now().toISOString();
    const { release } = state;
    const reports =
      release === undefined ? [] : placed.map((i) => reportOf(state, release, i, 'failed', now));
    return {
      events: [{ type: 'LeftoversRemoved', data: { instances: names } }],
      removeInstances: names,
      reports,
    };
  }
}

function noNode(state: TaskState, refusals: readonly { node: string; reason: string }[]): StepError {
  const why = refusals.map((r) => `${r.node}: ${r.reason}`).join('; ');
  return new StepError({
    code: 'NO_NODE',
    message: `No node can take ${state.service}. ${why === '' ? 'No node is enrolled.' : why}`,
    hint: 'Enrol a node (slipway node add), free capacity (slipway stop), or lower resources in config.json.',
  });
}
