import { type Enrolment, enrolmentSchema, type NodeDetails } from '#libs/contracts';
import { openNodeManager } from '../adapters/node-manager.js';
import { tableLines } from '../domain/table.js';
import { CliError, exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { loginsOf, type Place, type WayContext, type WayOptions, wayOf } from './node-way.js';
import { valid } from './valid.js';

/** What the command line says of a machine, besides its name. */
export interface NodeAddOptions extends WayOptions {
  readonly fingerprint?: string;
  readonly socket?: string;
  readonly allowUnlimited?: boolean;
}

interface AddNodeOptions extends NodeAddOptions, WayContext {
  readonly name: string;
}

/** Enrols one machine. The login goes in the body of one request, never on a command line. */
export async function addNode(options: AddNodeOptions, output: Output): Promise<ExitCode> {
  const { name, fingerprint, socket, allowUnlimited } = options;
  const schemas = enrolmentSchema.shape;
  valid(
    { argument: '<name>', schema: schemas.name, text: name },
    { argument: '--fingerprint', schema: schemas.hostKeyFingerprint.unwrap(), text: fingerprint },
    { argument: '--socket', schema: schemas.socketPath.unwrap(), text: socket },
  );
  const { keyFiles, jump: between, ...place } = await wayOf(name, options);
  const api = openNodeManager();
  const jump = between && (await jumpWith(between, options));
  const machine = {
    name,
    ...place,
    hostKeyFingerprint: fingerprint,
    socketPath: socket,
    jump,
    allowUnlimited,
  };
  const logins = loginsOf({ ...place, keyFiles }, options.passwordStdin, options);
  const node = await firstAccepted(logins, (login) => api.addNode({ ...machine, login }));
  output.answer(node, [
    `${output.paint.good('✔')} ${node.name} at ${node.address} is ${node.state}`,
    `next: ${output.paint.bold('slipway node ls')}`,
  ]);
  return exitCodes.ok;
}

async function jumpWith(
  { keyFiles, ...place }: Place,
  options: AddNodeOptions,
): Promise<NonNullable<Enrolment['jump']>> {
  const [keyFile] = keyFiles;
  const hostKeyFingerprint = options.jumpFingerprint;
  const logins = loginsOf({ ...place, keyFiles: keyFile === undefined ? [] : [keyFile] }, false, options);
  for await (const login of logins) return { ...place, hostKeyFingerprint, login };
  throw new Error('no login of the jump host');
}

/** As ssh does: a key that the machine refuses is no error while there is another one. */
async function firstAccepted<T>(
  logins: AsyncIterable<Enrolment['login']>,
  add: (login: Enrolment['login']) => Promise<T>,
): Promise<T> {
  let refused: unknown;
  for await (const login of logins) {
    try {
      return await add(login);
    } catch (error) {
      if (!(error instanceof CliError) || error.code !== 'SSH_LOGIN_REFUSED') throw error;
      refused ??= error;
    }
  }
  throw refused;
}

export async function listNodes(output: Output): Promise<ExitCode> {
  const nodes = await openNodeManager().nodes();
  const head = ['NODE', 'STATE', 'ADDRESS', 'CPUS', 'MEMORY', 'ENGINE'];
  output.answer(nodes, nodes.length === 0 ? noNode(output) : tableLines(head, nodes.map(row)));
  return exitCodes.ok;
}

const noNode = ({ paint }: Output): string[] => [
  'There is no node yet.',
  `next: ${paint.bold('slipway node add <name> --address <host> --key-file <path>')}`,
];

const GIBIBYTE = 1024 ** 3;

const SSH_PORT = 22;
const UNKNOWN = '-';

function row({ name, state, address, sshPort, cpus, memoryBytes, ...engine }: NodeDetails): string[] {
  const place = (sshPort ?? SSH_PORT) === SSH_PORT ? address : `${address}:${sshPort}`;
  const memory = typeof memoryBytes === 'number' ? `${(memoryBytes / GIBIBYTE).toFixed(1)} GiB` : UNKNOWN;
  return [name, state, place, String(cpus ?? UNKNOWN), memory, engineText(engine)];
}

function engineText({
  engineVersion,
  unenforced,
}: Pick<NodeDetails, 'engineVersion' | 'unenforced'>): string {
  const limits = unenforced ?? [];
  const version = engineVersion ?? UNKNOWN;
  return limits.length === 0 ? version : `${version} (no limits of ${limits.join(', ')})`;
}
