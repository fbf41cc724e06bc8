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
  const machine = {
    ...{ name, ...place, hostKeyFingerprint: fingerprint, socketPath: socket },
    allowUnlimited,
  };
  const tries = {
    jumps: jumpsWith(between, options),
    logins: loginsOf({ ...place, keyFiles }, options.passwordStdin, options),
  };
  const node = await firstAccepted(tries, (login, jump) => api.addNode({ ...machine, jump, login }));
  output.answer(node, [
    `${output.paint.good('✔')} ${node.name} at ${node.address} is ${node.state}`,
    `next: ${output.paint.bold('slipway node ls')}`,
  ]);
  return exitCodes.ok;
}

type Jump = NonNullable<Enrolment['jump']>;

/** The jump host with each of its logins; undefined alone where there is none. */
async function* jumpsWith(
  between: Place | undefined,
  options: AddNodeOptions,
): AsyncGenerator<Jump | undefined> {
  if (between === undefined) return yield undefined;
  const { keyFiles, ...place } = between;
  const hostKeyFingerprint = options.jumpFingerprint;
  for await (const login of loginsOf({ ...place, keyFiles }, false, options))
    yield { ...place, hostKeyFingerprint, login };
}

interface Tries {
  readonly jumps: AsyncIterator<Jump | undefined>;
  readonly logins: AsyncIterator<Enrolment['login']>;
}

/** As ssh does: a key that one of both machines refuses is no error while there is another one. */
async function firstAccepted<T>(
  { jumps, logins }: Tries,
  add: (login: Enrolment['login'], jump: Jump | undefined) => Promise<T>,
): Promise<T> {
  const refused = new Map<string, unknown>();
  let [jump, login] = [await jumps.next(), await logins.next()];
  for (;;) {
    // The first refusal is told: of the key that its owner thinks of.
    if (jump.done === true) throw refused.get('SSH_JUMP_LOGIN_REFUSED');
    if (login.done === true) throw refused.get('SSH_LOGIN_REFUSED');
    try {
      return await add(login.value, jump.value);
    } catch (error) {
      const code = error instanceof CliError ? error.code : undefined;
      if (code === 'SSH_JUMP_LOGIN_REFUSED') jump = await jumps.next();
      else if (code === 'SSH_LOGIN_REFUSED') login = await logins.next();
      else throw error;
      if (!refused.has(code)) refused.set(code, error);
    }
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
