import { nodeNameSchema, type NodeDetails } from '#libs/contracts';
import { openNodeManager } from '../adapters/node-manager.js';
import { marks } from '../domain/progress-lines.js';
import { nodePageLines, nodeTable, problemLines, stateText } from '../domain/node-lines.js';
import { CliError, exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { type DescriptionOptions, descriptionOf, labelChange, validReason } from './node-fields.js';
import { loginsOf, type WayContext, type WayOptions } from './node-way.js';
import { firstAccepted, only } from './node-add.js';
import { valid } from './valid.js';

export const named = (name: string): void =>
  valid({ argument: '<node>', schema: nodeNameSchema, text: name });

export async function listNodes(
  { removed }: { readonly removed?: boolean },
  output: Output,
): Promise<ExitCode> {
  const nodes = await openNodeManager().nodes(removed);
  output.answer(nodes, nodes.length === 0 ? noNode(output) : nodeTable(nodes));
  return exitCodes.ok;
}

const noNode = ({ paint }: Output): string[] => [
  'There is no node yet.',
  `next: ${paint.bold('slipway node add <user@host>')}`,
];

export async function showNode(
  { name, events }: { readonly name: string; readonly events?: number },
  output: Output,
): Promise<ExitCode> {
  named(name);
  const node = await openNodeManager().node(name, events);
  output.answer(node, nodePageLines(node, output.paint));
  return exitCodes.ok;
}

/** What is wrong with it; 1 where something is that would refuse it as a new node. */
export async function checkNode(name: string, output: Output): Promise<ExitCode> {
  named(name);
  const node = await openNodeManager().checkNode(name);
  const problems = node.problems ?? [];
  const good = `${output.paint.good(marks.done)} ${name} has everything that a node needs`;
  output.answer(node, problems.length === 0 ? [good] : problemLines(problems, output.paint));
  return problems.some(({ severity }) => severity === 'refuses') ? exitCodes.failed : exitCodes.ok;
}

interface LabelOptions extends Pick<DescriptionOptions, 'capacity' | 'reserve'> {
  readonly name: string;
  readonly labels: readonly string[];
  /** `false`: it has none any more, as of the next two. */
  readonly zone?: string | false;
  readonly capacity?: string;
  readonly reserve?: string;
  readonly clearCapacity?: boolean;
  readonly clearReserve?: boolean;
}

export async function labelNode(options: LabelOptions, output: Output): Promise<ExitCode> {
  const { name, labels, zone, capacity, reserve, clearCapacity, clearReserve } = options;
  named(name);
  const { set, remove } = labelChange(labels);
  const said = descriptionOf({ zone: zone === false ? undefined : zone, capacity, reserve });
  const node = await openNodeManager().changeNode(name, {
    labels: set,
    removeLabels: [...remove],
    zone: zone === false ? null : said.zone,
    capacity: clearCapacity === true ? null : said.capacity,
    reserve: clearReserve === true ? null : said.reserve,
  });
  output.answer(node, nodePageLines(node, output.paint));
  return exitCodes.ok;
}

export interface BecauseOptions {
  readonly name: string;
  readonly reason?: string;
}

export async function cordonNode({ name, reason }: BecauseOptions, output: Output): Promise<ExitCode> {
  named(name);
  validReason(reason);
  const node = await openNodeManager().cordon(name, { reason });
  return changed(node, output, `slipway node uncordon ${name}`);
}

export async function uncordonNode({ name, reason }: BecauseOptions, output: Output): Promise<ExitCode> {
  named(name);
  validReason(reason);
  return changed(await openNodeManager().uncordon(name, { reason }), output, 'slipway node ls');
}

export function changed(node: NodeDetails, output: Output, next: string): ExitCode {
  const { paint } = output;
  output.answer(node, [
    `${paint.good(marks.done)} ${node.name} is ${stateText(node)}`,
    `next: ${paint.bold(next)}`,
  ]);
  return exitCodes.ok;
}

interface RemoveOptions extends BecauseOptions {
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly confirm?: (question: string) => Promise<boolean>;
}

const LOST =
  'What ran there is given up there and started elsewhere. Its volumes stay where they are: a service with one waits until that node is back.';

export async function removeNode(options: RemoveOptions, output: Output): Promise<ExitCode> {
  const { name, reason, force = false, yes = false, confirm } = options;
  named(name);
  validReason(reason);
  if (force && !yes && confirm !== undefined && !output.isJson) {
    output.note(LOST);
    if (!(await confirm(`Is ${name} lost for ever?`)))
      throw new CliError('INTERRUPTED', `${name} was not removed`, exitCodes.interrupted, {
        hint: 'Only y or yes removes it. In a script: --yes.',
      });
  }
  return changed(await openNodeManager().remove(name, { reason, force }), output, 'slipway node ls');
}

export interface LoginOptions
  extends Pick<WayOptions, 'keyFile' | 'passwordStdin' | 'jumpKeyFile'>, WayContext {
  readonly name: string;
}

/** The new login is tried on the machine before it replaces the old one. */
export async function changeLogin(options: LoginOptions, output: Output): Promise<ExitCode> {
  const { name, keyFile, passwordStdin, jumpKeyFile } = options;
  named(name);
  const api = openNodeManager();
  const place = (file: string | undefined) => ({
    ...{ address: name, sshPort: 22, sshUser: '' },
    keyFiles: file === undefined ? [] : [file],
  });
  const jumpLogins =
    jumpKeyFile === undefined ? only(undefined) : loginsOf(place(jumpKeyFile), false, options);
  const { value: jumpLogin } = await jumpLogins.next();
  const tries = { jumps: only(undefined), logins: loginsOf(place(keyFile), passwordStdin, options) };
  const node = await firstAccepted(tries, (login) =>
    api.changeLogin(name, { login, jumpLogin: jumpLogin ?? undefined }),
  );
  const { paint } = output;
  output.answer(node, [
    `${paint.good(marks.done)} ${name} is logged in to with the new login from now on`,
    ...problemLines(node.problems ?? [], paint),
    `next: ${paint.bold(`slipway node check ${name}`)}`,
  ]);
  return exitCodes.ok;
}
