import {
  type FleetPlan,
  limitText,
  loadBalancerRoutes as routes,
  writtenAppIdSchema,
  writtenServiceNameSchema,
} from '#libs/contracts';
import { openLoadBalancer } from '../adapters/load-balancer.js';
import { fleetPlanLines } from '../domain/fleet-plan-lines.js';
import { isUnreadable, parseMemory } from '../domain/node-fields.js';
import { exitCodes, type ExitCode, usageError } from '../errors.js';
import type { Output } from '../output.js';
import { namesHere } from './names-here.js';
import { named } from './node.js';
import { valid } from './valid.js';

export async function planDrain(node: string, output: Output): Promise<ExitCode> {
  named(node);
  return answered(await openLoadBalancer().planDrain({ node }), output, `slipway node drain ${node} --wait`);
}

export async function planRemove(node: string, output: Output): Promise<ExitCode> {
  named(node);
  const plan = await openLoadBalancer().planRemove({ node });
  // A node on which something runs is not removed.
  const next = plan.placed.length > 0 ? `drain ${node} --wait` : `remove ${node}`;
  return answered(plan, output, `slipway node ${next}`);
}

export async function planAdd(
  { like, count }: { readonly like: string; readonly count: number },
  output: Output,
): Promise<ExitCode> {
  named(like);
  return answered(await openLoadBalancer().planAdd({ like, count }), output);
}

export interface PlanPlaceOptions {
  readonly cpu: number;
  readonly memory: string;
  readonly count: number;
  readonly app?: string;
  readonly service?: string;
  readonly constraint?: readonly string[];
  readonly affinity?: readonly string[];
  readonly antiAffinity?: readonly string[];
  /** `false`: a worker, which takes no port. */
  readonly port: boolean;
  readonly priority?: number;
  readonly preempt?: boolean;
}

export async function planPlace(options: PlanPlaceOptions, output: Output): Promise<ExitCode> {
  const { cpu, memory, count, constraint: constraints, affinity, antiAffinity, port, app, preempt } = options;
  valid(
    { argument: '--app', schema: writtenAppIdSchema, text: app },
    { argument: '--service', schema: writtenServiceNameSchema, text: options.service },
  );
  const { appId, service } = namesHere({ appId: app, service: options.service }, output);
  const body = {
    ...{ resources: { cpu, memoryMiB: memoryMiB(memory) }, count, appId, service },
    ...(!port && { needsPort: false }),
    ...(options.priority !== undefined && { priority: options.priority }),
    ...((constraints ?? affinity ?? antiAffinity ?? preempt) !== undefined && {
      placement: {
        ...(constraints !== undefined && { constraints: [...constraints] }),
        ...(affinity !== undefined && { affinity: [...affinity] }),
        ...(antiAffinity !== undefined && { antiAffinity: [...antiAffinity] }),
        ...(preempt !== undefined && { preempt }),
      },
    }),
  };
  const wrong = routes.planPlace.body.safeParse(body).error?.issues ?? [];
  if (wrong.length > 0)
    throw usageError('USAGE', [...new Set(wrong.map(optionProblem))].join('; '), {
      hint: 'Correct what is named above; --help shows examples.',
    });
  return answered(await openLoadBalancer().planPlace(body), output);
}

/** By the field of the route. */
const OPTIONS: Readonly<Record<string, string>> = {
  ...{ appId: '--app', service: '--service', count: '--count', priority: '--priority' },
  ...{ 'resources.cpu': '--cpu', 'resources.memoryMiB': '--memory' },
  ...{ 'placement.constraints': '--constraint', 'placement.affinity': '--affinity' },
  ...{ 'placement.antiAffinity': '--anti-affinity', 'placement.preempt': '--preempt' },
};

type Issue = Parameters<typeof limitText>[0];

/** What is wrong, by the option that was typed: whoever types it has not seen the field of the route. */
function optionProblem(issue: Issue): string {
  const field = issue.path.filter((part) => typeof part === 'string').join('.');
  return `${OPTIONS[field] ?? field}: ${limitText(issue) ?? issue.message}`;
}

function memoryMiB(text: string): number {
  const read = parseMemory(text);
  if (!isUnreadable(read)) return Math.ceil(read.bytes / 1_048_576);
  throw usageError('USAGE', `--memory is ${JSON.stringify(text)}: ${read.expected}`, {
    hint: 'Correct what is named above; --help shows examples.',
  });
}

/** 1 where something would find no place, 2 where instances would move or start, 0 where none would. */
function answered(plan: FleetPlan, output: Output, next?: string): ExitCode {
  const { placed, unplaced } = plan;
  const lines = fleetPlanLines(plan, output.paint);
  const shown = unplaced.length === 0 ? next : undefined;
  if (shown !== undefined) lines.push(`next: ${output.paint.bold(shown)}`);
  output.answer({ ...plan, changes: placed.length, next: shown }, lines);
  if (unplaced.length > 0) return exitCodes.failed;
  return placed.length === 0 ? exitCodes.ok : exitCodes.changes;
}
