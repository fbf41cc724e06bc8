import type { NodePage } from '#libs/contracts';
import { setTimeout as delay } from 'node:timers/promises';
import { type NodeManager, openNodeManager } from '../adapters/node-manager.js';
import { drainLines } from '../domain/node-lines.js';
import { CliError, exitCodes, type ExitCode, failure } from '../errors.js';
import type { Output } from '../output.js';
import { type BecauseOptions, changed, named } from './node.js';
import { durationMs, validReason } from './node-fields.js';

interface DrainOptions extends BecauseOptions {
  readonly deadline?: string;
  readonly wait?: boolean;
  readonly interrupted: () => Promise<void>;
}

const LOOK_EVERY_MS = 1_000;

/** Moves away what runs on a node. With `wait` until nothing does, and at the deadline says what holds it up. */
export async function drainNode(options: DrainOptions, output: Output): Promise<ExitCode> {
  const { name, reason, deadline, wait = false, interrupted } = options;
  named(name);
  validReason(reason);
  const deadlineMs = durationMs('--deadline', deadline);
  const api = openNodeManager();
  const node = await api.drain(name, { reason, deadlineMs });
  if (!wait) return changed(node, output, `slipway node show ${name}`);
  const stopped = new AbortController();
  void interrupted().then(() => stopped.abort());
  return waitUntilDrained(api, name, stopped.signal, output);
}

async function waitUntilDrained(
  api: NodeManager,
  name: string,
  stopped: AbortSignal,
  output: Output,
): Promise<ExitCode> {
  let said = '';
  for (;;) {
    const node = await api.node(name, 0);
    if (node.wish !== 'draining') throw ended(node);
    if (typeof node.drain?.drainedAt === 'string')
      return changed(node, output, `slipway node uncordon ${name}, or for good: slipway node remove ${name}`);
    const lines = drainLines(node).join('\n');
    if (lines !== said) output.note(lines);
    said = lines;
    if (node.drain?.isLate === true) throw late(node);
    await delay(LOOK_EVERY_MS, undefined, { signal: stopped }).catch(() => undefined);
    if (stopped.aborted) throw leftAlone(name);
  }
}

const ended = ({ name, state }: NodePage): Error =>
  failure('DRAIN_ENDED', `The drain of ${name} was ended by somebody else: it is ${state}.`, {
    hint: 'The history of the node says who asked for what.',
    next: `slipway node show ${name}`,
  });

const instancesText = (count: number): string => `${count} ${count === 1 ? 'instance is' : 'instances are'}`;

const late = ({ name, drain }: NodePage): Error =>
  failure('DRAIN_LATE', `The deadline has passed, and ${instancesText(drain?.left ?? 0)} on ${name} still.`, {
    hint: 'Nothing was killed, and the drain goes on. What holds it up is named above; stop or scale those services, or wait.',
    next: `slipway node show ${name}`,
  });

const leftAlone = (name: string): Error =>
  new CliError('INTERRUPTED', `The drain of ${name} goes on.`, exitCodes.interrupted, {
    hint: 'Look at it with the command below, or end it with slipway node uncordon.',
    next: `slipway node show ${name}`,
  });
