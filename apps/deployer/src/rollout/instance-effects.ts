import type { InstanceReport } from '#libs/contracts';
import { codeOf, isRecordAway, toTaskError } from '../task/domain/task-error.js';
import type { EffectOf } from '../task/domain/task.effects.js';
import type { RunningInstance } from '../task/domain/task.events.js';
import { isStopped, releaseOf, type TaskState } from '../task/domain/task.state.js';
import type { ImageBuilder } from '../build/ports.js';
import type { Instances, KnownInstance, NodeEngines, Prober } from './ports.js';
import type { Secrets } from '../secrets/ports.js';
import type { Specs } from '../services/ports.js';
import type { Clock, StepWrites, Wait } from '../task/ports.js';
import type { EffectScope } from '../task/effect-scope.js';
import { inPhase, type PhaseLimits } from '../task/phase.js';
import { probeUntilHealthy } from './probe-until-healthy.js';
import { endingAhead } from './pull-ahead.js';
import { instanceName, reportOf, startInstance } from './start-instance.js';
import type { Turns } from '../task/turns.js';

export interface InstanceEffectPorts {
  readonly instances: Instances;
  readonly engines: NodeEngines;
  readonly secrets: Secrets;
  readonly specs: Specs;
  readonly builder: ImageBuilder;
  readonly prober: Prober;
  readonly clock: Clock;
  readonly wait: Wait;
  readonly limits: PhaseLimits;
  readonly healthTimeoutMs: number;
  /** How long an instance that replaces another must stay well first. */
  readonly stableMs: number;
  /** Pulls and starts on one node at once. */
  readonly nodeTurns: Turns;
}

/** Of a stop: its node does not answer, or its engine not to an end. */
const GIVEN_UP: ReadonlySet<string> = new Set(['NODE_UNREACHABLE', 'STOP_TIMEOUT']);

export const NO_GRACE = { signal: 'SIGKILL', graceMs: 0 };

/** Containers on nodes: what runs, what is started, what is stopped. */
export class InstanceEffects {
  constructor(private readonly ports: InstanceEffectPorts) {}

  /** A node that does not answer leaves open whether its instances run: they count as gone, and are removed later. */
  async survey({ claim }: EffectScope, state: TaskState): Promise<StepWrites> {
    const { appId, service } = state;
    const [known, secrets, wanted] = await Promise.all([
      this.ports.instances.of(appId, service),
      this.ports.secrets.names(appId),
      this.ports.specs.forTask(claim.taskId, state),
    ]);
    const instances = await Promise.all(known.map((instance) => this.surveyed(instance)));
    return { events: [{ type: 'InstancesSurveyed', data: { instances, secrets, ...wanted } }] };
  }

  private async surveyed({
    name,
    node,
    container,
    report,
    release,
  }: KnownInstance): Promise<RunningInstance> {
    let unreachable: true | undefined;
    const run = await this.ports.engines.inspect(node, container).catch((error: unknown) => {
      // The login of the node was not found out: that says nothing of the node.
      if (isRecordAway(error)) throw error;
      unreachable = true;
      return undefined;
    });
    const { ip, port, url, startedAt } = report;
    const address = { node, ip, port, url, container, startedAt };
    return { name, node, container, release, address, alive: run?.running === true, unreachable };
  }

  async pull(scope: EffectScope, effect: EffectOf<'pull-image'>): Promise<StepWrites> {
    const { signal } = scope;
    const { node, release, ordinal } = effect;
    const endAhead = endingAhead(scope, ordinal);
    const phase = { name: 'pull', idleMs: this.ports.limits.pullMs, signal };
    const { engines, nodeTurns } = this.ports;
    const { ms } = await nodeTurns.take(node.name, signal, () =>
      inPhase(phase, (within, onProgress) =>
        engines.pull(node.name, release.image, within, () => {
          onProgress();
          endAhead();
        }),
      ),
    );
    return { events: [{ type: 'ImagePulled', data: { ordinal, phase: 'pull', ms } }] };
  }

  async start(
    { claim, signal }: EffectScope,
    state: TaskState,
    effect: EffectOf<'start-instance'>,
  ): Promise<StepWrites> {
    const phase = { name: 'start', idleMs: this.ports.limits.startMs, signal };
    const { nodeTurns } = this.ports;
    const { ordinal } = effect;
    const started = await nodeTurns
      .take(effect.node.name, signal, () =>
        inPhase(phase, () => startInstance(this.ports, claim, state, effect)),
      )
      .catch((error: unknown) => {
        const isPulled = state.slots.find((slot) => slot.ordinal === ordinal)?.pulled;
        if (isPulled === true || codeOf(error) !== 'IMAGE_NOT_FOUND') throw error;
        return undefined;
      });
    if (started === undefined) return { events: [{ type: 'ImageMissing', data: { ordinal } }] };
    const { result, ms } = started;
    return { events: [{ type: 'InstanceStarted', data: { ordinal, ...result, phase: 'start', ms } }] };
  }

  async probe(
    { signal }: EffectScope,
    state: TaskState,
    effect: EffectOf<'probe-instance'>,
  ): Promise<StepWrites> {
    const started = performance.now();
    await probeUntilHealthy(this.ports, effect, signal);
    const ms = Math.round(performance.now() - started);
    const { ordinal, release, slot } = effect;
    const report = reportOf(state, release, slot, 'running', this.now());
    return {
      events: [{ type: 'InstanceHealthy', data: { ordinal, phase: 'healthy', ms } }],
      addInstances: [{ report, stop: release.config.stop }],
      reports: [report],
    };
  }

  /**
   * What stands in for it serves already, so a node that does not answer does not fail the task. Where nothing does,
   * the others are stopped all the same, and the task fails after that.
   */
  async stop(
    { signal }: EffectScope,
    state: TaskState,
    { instance, until }: EffectOf<'stop-instance'>,
  ): Promise<StepWrites> {
    const { instances, engines, wait, clock, limits } = this.ports;
    const left = Date.parse(until) - clock.now().getTime();
    if (left > 0) await wait(left, signal);
    const known = (await instances.of(state.appId, state.service)).find(({ name }) => name === instance.name);
    const policy = known?.stop ?? NO_GRACE;
    const phase = { name: 'stop', idleMs: limits.stopMs + policy.graceMs, signal };
    try {
      const { ms } = await inPhase(phase, () =>
        engines.stopAndRemove(instance.node, instance.container, policy),
      );
      return {
        events: [{ type: 'InstanceStopped', data: { instance, phase: 'stop', ms } }],
        removeInstances: [instance.name],
        reports: known === undefined ? [] : [this.reported(known, 'stopped')],
      };
    } catch (error) {
      if (isRecordAway(error)) throw error;
      const why = toTaskError('stop-instance', error);
      if (state.mode === 'stop')
        return { events: [{ type: 'InstanceNotStopped', data: { instance, error: why } }] };
      if (!GIVEN_UP.has(why.code)) throw error;
      return {
        events: [{ type: 'InstanceStopped', data: { instance, phase: 'stop', ms: 0, abandoned: why } }],
        abandoned: [instance.name],
        reports: known === undefined ? [] : [this.reported(known, 'failed')],
      };
    }
  }

  /**
   * Never throws: what cannot be removed now is left to be found by its labels. What was to be stopped and still runs
   * gets its traffic back.
   */
  async removeLeftovers(
    { signal }: EffectScope,
    state: TaskState,
    { slots }: EffectOf<'remove-leftovers'>,
  ): Promise<StepWrites> {
    const { instances, engines, limits } = this.ports;
    const phase = { name: 'stop', idleMs: limits.stopMs, signal };
    const placed = slots.flatMap((slot) => (slot.node === undefined ? [] : [{ ...slot, node: slot.node }]));
    const names = placed.map((slot) => instanceName(state, slot));
    await Promise.allSettled([
      ...placed.map(({ node }, n) =>
        inPhase(phase, () => engines.stopAndRemove(node.name, names[n] ?? '', NO_GRACE)),
      ),
      ...this.unpushed(state),
    ]);
    const failed = placed.flatMap((slot) => {
      const release = releaseOf(state, slot);
      return release === undefined ? [] : [reportOf(state, release, slot, 'failed', this.now())];
    });
    const known = await instances.of(state.appId, state.service);
    const resumed = known.filter(
      (instance) => state.draining[instance.name] !== undefined && !isStopped(state, instance),
    );
    return {
      events: [{ type: 'LeftoversRemoved', data: { instances: names } }],
      removeInstances: names,
      nodeReleases: slots.flatMap(({ accessToken }) => accessToken ?? []),
      resumed: resumed.map(({ name }) => name),
      reports: [...failed, ...resumed.map((instance) => this.reported(instance, 'running'))],
    };
  }

  private unpushed(state: TaskState): readonly Promise<void>[] {
    const { appId, service, sourceDigest, release } = state;
    if (sourceDigest === undefined || release !== undefined) return [];
    const { builder } = this.ports;
    return [builder.discard({ tag: builder.tagOf(appId, service, sourceDigest), builder: state.builder })];
  }

  private reported({ report }: KnownInstance, state: InstanceReport['state']): InstanceReport {
    return { ...report, state, reportedAt: this.now() };
  }

  private now(): string {
    return this.ports.clock.now().toISOString();
  }
}
