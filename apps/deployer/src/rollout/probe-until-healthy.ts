import { codeOf, StepError } from '../task/domain/task-error.js';
import type { EffectOf } from '../task/domain/task.effects.js';
import { checkInstance, checkText, isOnlyWatched } from './check-instance.js';
import {
  type Evidence,
  maybeOtherArchitecture,
  whyEnded,
  whyNotHealthy,
  whyNotYet,
} from './domain/why-not-healthy.js';
import { stabilityMs } from './domain/stability.js';
import type { ContainerRun, NodeEngines, Prober, ProbeResult } from './ports.js';
import type { Wait } from '../task/ports.js';

/** A service is often up in 40 ms. */
const SHORTEST_WAIT_MS = 8;
const LONGEST_WAIT_MS = 500;
/** A wait is this part of the time since the start: at most so much later than it is up, it is seen. */
const WAIT_OF_ELAPSED = 0.1;
/** A service that starts slowly is not suspected before. */
const LOOK_EVERY_MS = 10_000;
/** An end that the engine remembers is told at once: what is healthy before this time is over is not asked for. */
const QUIET_MS = 1_000;
/** Of a watch: a connection that was cut is made again, and the engine says of one that is gone that it is. */
const LOOK_AGAIN: ReadonlySet<string | undefined> = new Set(['ENGINE_UNREACHABLE', 'CONTAINER_NOT_FOUND']);

interface ProbePorts {
  readonly engines: NodeEngines;
  readonly prober: Prober;
  readonly wait: Wait;
  readonly healthTimeoutMs: number;
  readonly stableMs: number;
  /** What keeps it from being healthy, as far as that is sure, while the wait goes on. */
  readonly onNote: (note: string) => void;
}

type ProbeEffect = EffectOf<'probe-instance'>;

/**
 * Probes the instance from outside, at the address that users get, until it answers well. It must go on to do so for
 * its stability window, and a worker must stay up for so long. Throws CONTAINER_EXITED as soon as the container ends,
 * however soon its engine starts it again, HEALTH_TIMEOUT when time is up.
 */
export async function probeUntilHealthy(
  ports: ProbePorts,
  effect: ProbeEffect,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const within = AbortSignal.any([signal, over.signal]);
  const seen: Seen = { last: NOT_ASKED };
  const well = untilWell(ports, effect, within, seen);
  const ended = untilEnded(ports, effect, within, seen);
  const told = tellWhatIsWrong(ports, effect, within, seen);
  // Whichever comes second is of no interest any more.
  for (const either of [well, ended, told]) either.catch(() => undefined);
  try {
    await Promise.race([well, ended]);
  } finally {
    over.abort();
  }
}

/** What the last probe saw. */
interface Seen {
  last: ProbeResult;
}

const NOT_ASKED: ProbeResult = { healthy: false, seen: 'nothing yet' };

async function untilWell(
  ports: ProbePorts,
  effect: ProbeEffect,
  signal: AbortSignal,
  seen: Seen,
): Promise<void> {
  const started = performance.now();
  let wellSince: number | undefined;
  for (;;) {
    seen.last = await checkInstance(ports, effect, signal, seen.last);
    signal.throwIfAborted();
    const stableMs = stabilityMs(effect.release.config, seen.last, ports.stableMs);
    const elapsed = performance.now() - started;
    wellSince = seen.last.healthy ? (wellSince ?? elapsed) : undefined;
    if (wellSince !== undefined && elapsed - wellSince >= stableMs)
      return stableMs > 0 && !isOnlyWatched(effect) ? hasStayedUp(ports, effect, signal, seen) : undefined;
    if (elapsed >= startupMsOf(ports, effect) + stableMs) throw await timedOut(ports, effect, seen.last);
    const left = wellSince === undefined ? Infinity : stableMs - (elapsed - wellSince);
    // Whoever watches its end tells it: between the first look and the last, nothing is asked.
    const pause = isOnlyWatched(effect) && wellSince !== undefined ? left : waitAfter(elapsed);
    await ports.wait(Math.min(pause, left), signal);
  }
}

/** Throws when the container ends, or its node does not answer any more. */
async function untilEnded(
  ports: ProbePorts,
  effect: ProbeEffect,
  signal: AbortSignal,
  seen: Seen,
): Promise<never> {
  for (;;) {
    const exit = exitOf(ports, effect, signal);
    const told = await Promise.race([exit, ports.wait(QUIET_MS, signal)]);
    if (told !== undefined) throw await exited(ports, effect, seen.last, told);
    // The connection was cut, or it may have ended before what its engine remembers.
    await mustBeUp(ports, effect, signal, seen, exit);
    const code = await exit;
    if (code !== undefined) throw await exited(ports, effect, seen.last, code);
  }
}

/** The code of its first end; undefined where that is to be asked again. */
function exitOf(ports: ProbePorts, { slot }: ProbeEffect, signal: AbortSignal): Promise<number | undefined> {
  const { node, container } = slot.address;
  return ports.engines.firstExit(node, container, signal).catch((error: unknown) => {
    if (signal.aborted || !LOOK_AGAIN.has(codeOf(error))) throw error;
    return undefined;
  });
}

/** Throws when it does not run, or was started again. */
async function mustBeUp(
  ports: ProbePorts,
  effect: ProbeEffect,
  signal: AbortSignal,
  seen: Seen,
  exit: Promise<number | undefined>,
): Promise<void> {
  const run = await ports.engines.inspect(effect.slot.address.node, effect.slot.address.container);
  signal.throwIfAborted();
  if (run?.running === true && run.restartCount === 0) return;
  // Of one that was started again only its engine's events know the code, and a busy engine tells them late.
  const late = run?.running === true ? await Promise.race([exit, ports.wait(QUIET_MS, signal)]) : undefined;
  throw await exited(ports, effect, seen.last, late ?? run?.exitCode);
}

/** At the end of its window: a busy engine may not have told an end yet. */
async function hasStayedUp(
  ports: ProbePorts,
  effect: ProbeEffect,
  signal: AbortSignal,
  seen: Seen,
): Promise<void> {
  const exit = exitOf(ports, effect, signal);
  // Whoever watches its end tells what comes of this.
  exit.catch(() => undefined);
  await mustBeUp(ports, effect, signal, seen, exit);
}

/** Looks every ten seconds, and tells each thing once. Rejects with the signal's reason. */
async function tellWhatIsWrong(
  ports: ProbePorts,
  effect: ProbeEffect,
  signal: AbortSignal,
  seen: Seen,
): Promise<never> {
  const told = new Set<string>();
  for (;;) {
    await ports.wait(LOOK_EVERY_MS, signal);
    if (seen.last.healthy) continue;
    const { evidence } = await evidenceOf(ports, effect, seen.last);
    signal.throwIfAborted();
    const why = whyNotYet(evidence);
    if (why === undefined || told.has(why.cause)) continue;
    told.add(why.cause);
    ports.onNote(`${why.cause}. ${why.hint}`);
  }
}

/** Milliseconds until the next probe. */
export function waitAfter(elapsedMs: number): number {
  return Math.min(Math.max(elapsedMs * WAIT_OF_ELAPSED, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
}

function startupMsOf(ports: ProbePorts, { release }: ProbeEffect): number {
  return release.config.health?.startupMs ?? ports.healthTimeoutMs;
}

interface Look {
  readonly run: ContainerRun | undefined;
  readonly logTail: string | undefined;
  readonly evidence: Evidence;
}

/** What can be seen of it now. */
async function evidenceOf(
  { engines }: ProbePorts,
  { slot, release }: ProbeEffect,
  { seen }: ProbeResult,
): Promise<Look> {
  const { config } = release;
  const { node, container } = slot.address;
  const [run, logTail] = await Promise.all([
    engines.inspect(node, container),
    engines.logTail(node, container),
  ]);
  const sockets = run?.running === true ? await engines.sockets(node, container) : undefined;
  const architectures = maybeOtherArchitecture(logTail)
    ? await engines.architectures(node, release.image)
    : undefined;
  const evidence: Evidence = {
    name: slot.name,
    port: config.port,
    memoryMiB: config.resources.memoryMiB,
    probe: seen,
    healthPath: config.health?.path,
    isHttp2: config.traffic?.protocol === 'h2',
    log: logTail,
    outOfMemory: run?.outOfMemory === true,
    ...{ architectures, sockets },
  };
  return { run, logTail, evidence };
}

async function exited(
  ports: ProbePorts,
  effect: ProbeEffect,
  seen: ProbeResult,
  code: number | undefined,
): Promise<StepError> {
  const { run, logTail, evidence } = await evidenceOf(ports, effect, seen);
  const { cause, hint } = whyEnded(evidence, code);
  const how =
    run === undefined
      ? 'is gone'
      : `exited with code ${code ?? 'unknown'}, restarted ${run.restartCount} times`;
  const message = `${cause}. The container of ${effect.slot.name} ${how}. ${checkText(effect, seen)}`;
  return new StepError({ code: 'CONTAINER_EXITED', message, hint, logTail });
}

async function timedOut(ports: ProbePorts, effect: ProbeEffect, result: ProbeResult): Promise<StepError> {
  const { run, logTail, evidence } = await evidenceOf(ports, effect, result);
  const { cause, hint } = whyNotHealthy(evidence);
  const how =
    run === undefined
      ? 'is gone'
      : `${run.running ? 'runs' : 'does not run'}, restarted ${run.restartCount} times`;
  const message = `${cause}. It was not healthy within ${startupMsOf(ports, effect)} ms. ${checkText(effect, result)} Its container ${how}.`;
  return new StepError({ code: 'HEALTH_TIMEOUT', message, hint, logTail });
}
