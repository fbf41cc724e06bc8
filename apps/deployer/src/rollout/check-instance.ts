import type { EffectOf } from '../task/domain/task.effects.js';
import { acceptsAt } from './domain/sockets.js';
import { UNACCEPTED } from './domain/why-not-healthy.js';
import type { NodeEngines, Prober, ProbeResult } from './ports.js';

const TCP_TIMEOUT_MS = 2_000;

interface CheckPorts {
  readonly engines: Pick<NodeEngines, 'inspect' | 'check' | 'sockets'>;
  readonly prober: Prober;
}

type ProbeEffect = EffectOf<'probe-instance'>;

/** A worker without a command of `health` is not asked anything: it is well while it stays up. */
export const isOnlyWatched = ({ slot, release }: ProbeEffect): boolean =>
  slot.address.port === undefined && release.config.health?.command === undefined;

/**
 * Asks an instance once whether it is well; where it has a port and a command, both must say so. `before` is what came
 * of the look before: what was seen of its sockets need not be asked again.
 */
export async function checkInstance(
  ports: CheckPorts,
  effect: ProbeEffect,
  signal: AbortSignal,
  before?: ProbeResult,
): Promise<ProbeResult> {
  const { node, container, port } = effect.slot.address;
  const { health } = effect.release.config;
  if (isOnlyWatched(effect)) return isUp(ports, effect);
  const answer = port === undefined ? undefined : await asked(ports, effect, port, signal);
  if (isAskedByTcp(effect) && answer?.healthy === true) return accepted(ports, effect, answer, before);
  if (health?.command === undefined || answer?.healthy === false) return answer ?? NOTHING_ASKED;
  const { command, timeoutMs } = health;
  return ports.engines.check(node, container, { command, timeoutMs, signal });
}

const NOTHING_ASKED: ProbeResult = { healthy: false, seen: 'nothing' };

async function isUp({ engines }: CheckPorts, { slot }: ProbeEffect): Promise<ProbeResult> {
  const run = await engines.inspect(slot.address.node, slot.address.container);
  const up = run?.running === true && run.restartCount === 0;
  return { healthy: up, seen: up ? 'up' : 'not up' };
}

/** Its port is all that can be asked. */
function isAskedByTcp({ slot, release }: ProbeEffect): boolean {
  const { path, command } = release.config.health ?? {};
  return slot.address.port !== undefined && path === undefined && command === undefined;
}

/** By its path; without one, and without a command, by a connection. */
async function asked(
  { prober }: CheckPorts,
  { slot, release }: ProbeEffect,
  port: number,
  signal: AbortSignal,
): Promise<ProbeResult | undefined> {
  const { health } = release.config;
  if (health?.path === undefined && health?.command !== undefined) return undefined;
  const { path, headers, scheme, statuses, timeoutMs = TCP_TIMEOUT_MS } = health ?? {};
  return prober.probe({ host: slot.address.ip, port, path, headers, scheme, statuses }, timeoutMs, signal);
}

/**
 * The kernel makes connections for a socket that listens. A server that forks listens before its workers have loaded
 * the application, and perhaps goes on listening where they fail. Then the connection of the probe stays in the queue.
 */
async function accepted(
  { engines }: CheckPorts,
  { slot, release }: ProbeEffect,
  answer: ProbeResult,
  before: ProbeResult | undefined,
): Promise<ProbeResult> {
  const { node, container } = slot.address;
  const known = before?.healthy === true ? before.acceptance : undefined;
  if (known !== undefined) return { ...answer, acceptance: known };
  const sockets = await engines.sockets(node, container);
  const accepts = acceptsAt(release.config.port, sockets);
  if (accepts === undefined) return { ...answer, acceptance: 'unseen' };
  return accepts ? { ...answer, acceptance: 'seen' } : { healthy: false, seen: UNACCEPTED };
}

/** What was asked, and what came of it, in a sentence. */
export function checkText(effect: ProbeEffect, { seen }: ProbeResult): string {
  if (isOnlyWatched(effect)) return 'It has no port, so whether it stays up was watched.';
  const { path, command } = effect.release.config.health ?? {};
  if (path === undefined && command !== undefined) return `It was asked by its command: ${seen}.`;
  return `Probe ${effect.slot.address.url}${path ?? ' (TCP)'} saw: ${seen}.`;
}
