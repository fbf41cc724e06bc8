import { StepError } from '../domain/task-error.js';
import type { EffectOf } from '../domain/task.effects.js';
import type { ContainerRun, NodeEngines, Prober, ProbeResult, Wait } from '../ports.js';

/** A service is often up in 40 ms. */
const SHORTEST_WAIT_MS = 8;
const LONGEST_WAIT_MS = 500;
/** A wait is this part of the time since the start: at most so much later than it is up, it is seen. */
const WAIT_OF_ELAPSED = 0.1;
/** The engine is asked whether the container still runs; many that start at once must not be held up by that. */
const SHORTEST_ALIVE_MS = 100;
const LONGEST_ALIVE_MS = 1_000;
const ALIVE_OF_ELAPSED = 0.5;
const TCP_TIMEOUT_MS = 2_000;

interface ProbePorts {
  readonly engines: NodeEngines;
  readonly prober: Prober;
  readonly wait: Wait;
  readonly healthTimeoutMs: number;
  readonly stableMs: number;
}

type ProbeEffect = EffectOf<'probe-instance'>;

/**
 * Probes the instance from outside, at the address that users get, until it answers well; one that replaces another
 * must go on to do so for its stability window. Throws CONTAINER_EXITED as soon as the container is down,
 * HEALTH_TIMEOUT when time is up.
 */
export async function probeUntilHealthy(
  ports: ProbePorts,
  effect: ProbeEffect,
  signal: AbortSignal,
): Promise<void> {
  const { address } = effect.slot;
  const { health } = effect.release.config;
  const stableMs = effect.replaces ? (health?.stableMs ?? ports.stableMs) : 0;
  const timeoutMs = health?.timeoutMs ?? TCP_TIMEOUT_MS;
  const started = performance.now();
  const limitMs = startupMsOf(ports, effect) + stableMs;
  let wellSince: number | undefined;
  for (let askAliveAt = SHORTEST_ALIVE_MS; ;) {
    const result = await ports.prober.probe(address.ip, address.port, health?.path, timeoutMs, signal);
    signal.throwIfAborted();
    const elapsed = performance.now() - started;
    wellSince = result.healthy ? (wellSince ?? elapsed) : undefined;
    if (wellSince !== undefined && elapsed - wellSince >= stableMs) return;
    if (elapsed >= askAliveAt) {
      await assertAlive(ports, effect, result);
      askAliveAt = elapsed + aliveAfter(elapsed);
    }
    if (elapsed >= limitMs) throw await timedOut(ports, effect, result);
    const left = wellSince === undefined ? Infinity : stableMs - (elapsed - wellSince);
    await ports.wait(Math.min(waitAfter(elapsed), left), signal);
  }
}

/** Milliseconds until the next probe. */
export function waitAfter(elapsedMs: number): number {
  return Math.min(Math.max(elapsedMs * WAIT_OF_ELAPSED, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
}

/** Milliseconds until the engine is asked again. */
export function aliveAfter(elapsedMs: number): number {
  return Math.min(Math.max(elapsedMs * ALIVE_OF_ELAPSED, SHORTEST_ALIVE_MS), LONGEST_ALIVE_MS);
}

function startupMsOf(ports: ProbePorts, { release }: ProbeEffect): number {
  return release.config.health?.startupMs ?? ports.healthTimeoutMs;
}

function describe(effect: ProbeEffect, result: ProbeResult): string {
  const path = effect.release.config.health?.path;
  return `Probe ${effect.slot.address.url}${path ?? ' (TCP)'} saw: ${result.seen}.`;
}

async function assertAlive(ports: ProbePorts, effect: ProbeEffect, result: ProbeResult): Promise<void> {
  const { node, container } = effect.slot.address;
  const run = await ports.engines.inspect(node, container);
  if (run?.running === true) return;
  throw new StepError({
    code: 'CONTAINER_EXITED',
    message: `The container of ${effect.slot.name} ${saidOf(run)}. ${describe(effect, result)}`,
    hint: 'Read the end of its log; run the command of config.json by hand in the built image.',
    logTail: run && (await ports.engines.logTail(node, container)),
  });
}

function saidOf(run: ContainerRun | undefined): string {
  if (run === undefined) return 'is gone';
  const how = run.running ? 'runs' : `exited with code ${run.exitCode ?? 'unknown'}`;
  return `${how}, restarted ${run.restartCount} times`;
}

async function timedOut(ports: ProbePorts, effect: ProbeEffect, result: ProbeResult): Promise<StepError> {
  const { node, container } = effect.slot.address;
  const run = await ports.engines.inspect(node, container);
  return new StepError({
    code: 'HEALTH_TIMEOUT',
    message: `${effect.slot.name} was not healthy within ${startupMsOf(ports, effect)} ms. ${describe(effect, result)} Its container ${saidOf(run)}.`,
    hint: 'The service must listen on 0.0.0.0 at the port of config.json and answer its health path with 2xx or 3xx.',
    logTail: await ports.engines.logTail(node, container).catch(() => undefined),
  });
}
