import type { NodeAnswer, ServiceReply, TaskError } from '#libs/contracts';
import { shortMessage } from './clean-text.js';
import type { StepWrites } from './step-writes.js';
import type { EffectOf } from './task.effects.js';
import { exceptNodes, nodeFor, noOtherPlace } from '../../rollout/domain/failed-places.js';
import { waitedNote } from '../../rollout/domain/wait-for-room.js';
import { keepsHealthy, type SlotProgress, type TaskState } from './task.state.js';

const failed = (step: string, error: TaskError): StepWrites => ({
  events: [{ type: 'StepFailed', data: { step, error } }],
});

/** What the load balancer's answer comes to. Pure. */
export function decideAnswer(
  { ordinal, kind, accessToken }: EffectOf<'await-node'>,
  state: TaskState,
  answer: NodeAnswer,
  now: Date,
): StepWrites {
  const slot = state.slots.find((one) => one.ordinal === ordinal);
  if (answer.node === undefined || !suits(state, slot, answer.node.name)) {
    const error = explainedBy(nowhere(state, slot, answer, now), accessToken);
    if (!keepsHealthy(state)) return failed(kind, error);
    return {
      events: [{ type: 'NodeRefused', data: { ordinal, error } }],
      sides: [{ kind: 'release-node', accessToken }],
    };
  }
  const { name, address, port, score, sealedLogin } = answer.node;
  // Placing is a wait, so its time is between two stored events, not inside one call.
  const asked = slot?.requestedAt;
  const ms = asked === undefined ? 0 : Math.max(0, now.getTime() - Date.parse(asked));
  const node = { name, address, port, score };
  return {
    events: [{ type: 'NodeAssigned', data: { ordinal, node, phase: 'place', ms } }],
    // What is stored already has its login beside it.
    sides: sealedLogin === '' ? [] : [{ kind: 'keep-login', node: answer.node }],
  };
}

/** A load balancer of an older version knows neither of volumes nor of nodes where the instance has just failed. */
function suits(state: TaskState, slot: SlotProgress | undefined, node: string): boolean {
  const onNode = nodeFor(state, slot);
  return (onNode === undefined || node === onNode) && !exceptNodes(slot).includes(node);
}

/** Where it is read what ruled out each node. */
const explainedBy = (error: TaskError, accessToken: string): TaskError => ({
  ...error,
  hint: `${error.hint} What ruled out the nodes: slipway placement explain ${accessToken}`,
});

/** That no node takes it; of what has failed somewhere, rather why it did. */
function nowhere(
  state: TaskState,
  slot: SlotProgress | undefined,
  { refusals, waitedSince, lineIsFull }: NodeAnswer,
  now: Date,
): TaskError {
  const tried = exceptNodes(slot);
  const others = refusals
    .filter(({ node }) => !tried.includes(node))
    .map(({ node, reason }) => `${node}: ${reason}`);
  return (
    noOtherPlace(slot ?? {}, firstOf(others)) ??
    noNode(state, refusals, nodeFor(state, slot), waitedNote({ waitedSince, lineIsFull }, now))
  );
}

/** One reason is enough of many nodes that are alike; an installation may have hundreds. */
const MOST_NODES = 20;

const firstOf = (nodes: readonly string[]): readonly string[] =>
  nodes.length > MOST_NODES
    ? [...nodes.slice(0, MOST_NODES), `and ${nodes.length - MOST_NODES} more`]
    : nodes;

function noNode(
  state: TaskState,
  refusals: readonly { node: string; reason: string }[],
  onNode: string | undefined,
  waited: string | undefined,
): TaskError {
  const why = firstOf(refusals.map((r) => `${r.node}: ${r.reason}`)).join('; ');
  const after = waited === undefined ? '' : `${waited} `;
  if (onNode !== undefined)
    return {
      code: 'NO_NODE',
      message: shortMessage(
        `${state.service} can run on ${onNode} only, where the data of its volumes lies. ${after}${why === '' ? 'It is not enrolled' : why}.`,
      ),
      hint: `${onNodeAgain(onNode, refusals)} To begin elsewhere with empty volumes, give them other names in config.json.`,
    };
  return {
    code: 'NO_NODE',
    message: shortMessage(
      `No node fits ${state.service}. ${after}${why === '' ? 'No node is enrolled' : why}.`,
    ),
    hint: 'Enrol a node (slipway node add), free capacity (slipway stop), or lower resources in config.json.',
  };
}

/** A node that refuses for want of room is up. */
function onNodeAgain(onNode: string, refusals: readonly { node: string; reason: string }[]): string {
  const reason = refusals.find(({ node }) => node === onNode)?.reason ?? '';
  return /^(?:not enough|no free port)/.test(reason)
    ? `Free capacity on ${onNode} (slipway status shows what runs there), or lower resources in config.json. It needs room for the new instance beside the old one, although the old one is stopped first.`
    : `Bring ${onNode} back (slipway node ls).`;
}

/** What a node is short of may be what this request itself has taken there. */
export function ownRoom({ slots }: TaskState): readonly string[] {
  const names = slots.flatMap(({ node, release }) =>
    node === undefined || release !== undefined ? [] : [node.name],
  );
  if (names.length === 0) return [];
  const nodes = [...new Set(names)].toSorted();
  const counts = nodes.map((node) => `${names.filter((name) => name === node).length} on ${node}`);
  const instances = names.length === 1 ? 'instance' : 'instances';
  return [
    `Of what is used, this request itself has reserved room for ${names.length} ${instances}: ` +
      `${firstOf(counts).join(', ')}.`,
  ];
}

/** How a service of the same request ended. */
export interface DependencyResult {
  readonly service: string;
  /** Undefined while it has not ended. */
  readonly result?: ServiceReply;
}

/** What the ends of the services that it depends on come to; undefined while some have not ended. Pure. */
export function decideDependencies(
  { kind }: EffectOf<'await-dependencies'>,
  { service }: TaskState,
  known: readonly DependencyResult[],
): StepWrites | undefined {
  const bad = known.find(({ result }) => result?.status === 'failed');
  if (bad !== undefined)
    return failed(kind, {
      code: 'DEPENDENCY_FAILED',
      message: `${service} depends on ${bad.service}, which failed.`,
      hint: `The error of ${bad.service} in this reply says why; correct it and send the request again under a new token.`,
    });
  if (known.some(({ result }) => result === undefined)) return undefined;
  return { events: [{ type: 'DependenciesMet', data: {} }] };
}
