import { StepError } from '../domain/task-error.js';
import type { Effect } from '../domain/task.effects.js';
import type { ContainerFacts, NodeEngines, Prober, ProbeResult, Wait } from '../ports.js';

/** The first probe follows at once; a service is often up in 40 ms, so waits start small and grow. */
const FIRST_WAIT_MS = 8;
const LONGEST_WAIT_MS = 500;
const TCP_TIMEOUT_MS = 2_000;

interface ProbePorts {
  readonly engines: NodeEngines;
  readonly prober: Prober;
  readonly wait: Wait;
  readonly healthTimeoutMs: number;
}

type ProbeEffect = Extract<Effect, { kind: 'probe-instance' }>;

/**
 * Probes the instance from outside, at the address that users get, until it answers well.
 * Throws CONTAINER_EXITED as soon as the container is down, HEALTH_TIMEOUT when time is up.
 */
export async function probeUntilHealthy(
  ports: ProbePorts,
  effect: ProbeEffect,
  signal: AbortSignal,
): Promise<void> {
  const { address } = effect.instance;
  const { health } = effect.release.config;
  const deadline = performance.now() + startupMsOf(ports, effect);
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 1.5, LONGEST_WAIT_MS)) {
    const result = await ports.prober.probe(
      address.ip,
      address.port,
      health?.path,
      health?.timeoutMs ?? TCP_TIMEOUT_MS,
    );
    if (result.healthy) return;
    signal.throwIfAborted();
    if (waitMs > 50) await assertAlive(ports, effect, result);
    if (performance.now() >= deadline) throw await timedOut(ports, effect, result);
    await ports.wait(waitMs, signal);
  }
}

function startupMsOf(ports: ProbePorts, { release }: ProbeEffect): number {
  return release.config.health?.startupMs ?? ports.healthTimeoutMs;
}

function describe(effect: ProbeEffect, result: ProbeResult): string {
  const path = effect.release.config.health?.path;
  return `Probe ${effect.instance.address.url}${path ?? ' (TCP)'} saw: ${result.seen}.`;
}

async function assertAlive(ports: ProbePorts, effect: ProbeEffect, result: ProbeResult): Promise<void> {
  const { node, container } = effect.instance.address;
  const facts = await ports.engines.facts(node, container);
  if (facts?.running === true) return;
  throw exited(effect, result, facts);
}

function exited(effect: ProbeEffect, result: ProbeResult, facts: ContainerFacts | undefined): StepError {
  const how = facts === undefined ? 'is gone' : `exited with code ${facts.exitCode ?? 'unknown'}`;
  return new StepError({
    code: 'CONTAINER_EXITED',
    message: `The container of ${effect.instance.name} ${how}. ${describe(effect, result)}`,
    hint: 'Read the end of its log; run the command of config.json by hand in the built image.',
    logTail: facts?.logTail,
  });
}

async function timedOut(ports: ProbePorts, effect: ProbeEffect, result: ProbeResult): Promise<StepError> {
  const { node, container } = effect.instance.address;
  const facts = await ports.engines.facts(node, container).catch(() => undefined);
  return new StepError({
    code: 'HEALTH_TIMEOUT',
    message: `${effect.instance.name} was not healthy within ${startupMsOf(ports, effect)} ms. ${describe(effect, result)}`,
    hint: 'The service must listen on 0.0.0.0 at the port of config.json and answer its health path with 2xx or 3xx.',
    logTail: facts?.logTail,
  });
}
