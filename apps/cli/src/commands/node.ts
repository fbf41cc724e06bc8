import { readFile } from 'node:fs/promises';
import { type Enrolment, enrolmentSchema, type NodeDetails } from '#libs/contracts';
import { openNodeManager } from '../adapters/node-manager.js';
import { tableLines } from '../domain/table.js';
import { exitCodes, usageError, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { valid } from './valid.js';

/** What the command line says of a machine, besides its name. */
export interface NodeAddOptions {
  readonly address: string;
  readonly sshPort: number;
  readonly sshUser: string;
  readonly fingerprint?: string;
  readonly socket?: string;
  readonly keyFile?: string;
  readonly passwordStdin?: boolean;
}

interface AddNodeOptions extends NodeAddOptions {
  readonly name: string;
  readonly standardInput: () => Promise<string>;
}

/** Enrols one machine. The login goes in the body of one request, never on a command line. */
export async function addNode(options: AddNodeOptions, output: Output): Promise<ExitCode> {
  const { name, address, sshPort, sshUser, fingerprint, socket } = options;
  const schemas = enrolmentSchema.shape;
  valid(
    { argument: '<name>', schema: schemas.name, text: name },
    { argument: '--address', schema: schemas.address, text: address },
    { argument: '--ssh-user', schema: schemas.sshUser.unwrap(), text: sshUser },
    { argument: '--fingerprint', schema: schemas.hostKeyFingerprint.unwrap(), text: fingerprint },
    { argument: '--socket', schema: schemas.socketPath.unwrap(), text: socket },
  );
  const api = openNodeManager();
  const login = await readLogin(options);
  const machine = { name, address, sshPort, sshUser, hostKeyFingerprint: fingerprint, socketPath: socket };
  const node = await api.addNode({ ...machine, login });
  output.answer(node, [
    `${output.paint.good('✔')} ${node.name} at ${node.address} is ${node.state}`,
    `next: ${output.paint.bold('slipway node ls')}`,
  ]);
  return exitCodes.ok;
}

async function readLogin(options: AddNodeOptions): Promise<Enrolment['login']> {
  if (options.passwordStdin === true) {
    const password = (await options.standardInput()).replace(/\r?\n$/, '');
    if (password !== '') return { password };
    throw usageError('USAGE', 'Standard input holds no password', {
      hint: 'Pipe the password in: ... < password.txt',
    });
  }
  const { keyFile } = options;
  if (keyFile === undefined) {
    throw usageError('USAGE', 'The login of the machine is missing', {
      hint: 'Give --key-file or --password-stdin.',
    });
  }
  try {
    return { privateKey: await readFile(keyFile, 'utf8') };
  } catch (error) {
    throw usageError('USAGE', `${keyFile} cannot be read`, {
      hint: 'Name a private key file.',
      cause: error,
    });
  }
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

function row({ name, state, address, sshPort, cpus, memoryBytes, engineVersion }: NodeDetails): string[] {
  const place = (sshPort ?? SSH_PORT) === SSH_PORT ? address : `${address}:${sshPort}`;
  const memory = typeof memoryBytes === 'number' ? `${(memoryBytes / GIBIBYTE).toFixed(1)} GiB` : UNKNOWN;
  return [name, state, place, String(cpus ?? UNKNOWN), memory, engineVersion ?? UNKNOWN];
}
