import { expect, it } from 'vitest';
import type { SshPool, SshTarget } from '#libs/ssh';
import { socketProblem } from './socket-problem.js';

const target = { user: 'ubuntu' } as SshTarget;
const SOCKET = '/var/run/docker.sock';

/** A machine whose programs end as it says; the others end with 1. */
function machine(ends: Readonly<Record<string, string>>): SshPool {
  const exec = (_: SshTarget, argv: readonly string[]) => {
    const stdout = ends[argv.join(' ')];
    return Promise.resolve({ code: stdout === undefined ? 1 : 0, stdout: stdout ?? '', stderr: '' });
  };
  return { exec } as unknown as SshPool;
}
const GROUP = `stat -c %G ${SOCKET}`;

it('a user outside the group of the socket is named, with the command that adds it', async () => {
  expect(await socketProblem(machine({ [GROUP]: 'docker\n' }), target, SOCKET)).toMatchObject({
    code: 'ENGINE_FORBIDDEN',
    kind: 'permanent',
    message:
      'user ubuntu may not use /var/run/docker.sock on this machine: add it to the group docker (sudo usermod -aG docker ubuntu)',
  });
});

it.each(['root', 'UNKNOWN'])('nobody is told to join the group %s', async (group) => {
  const problem = await socketProblem(machine({ [GROUP]: group }), target, SOCKET);
  expect(problem).toMatchObject({ code: 'ENGINE_FORBIDDEN' });
  expect(`${problem?.message} ${problem?.hint}`).not.toContain('usermod');
});

it('a socket that is not there is told apart from one that is forbidden', async () => {
  expect(await socketProblem(machine({ 'test -d /': '' }), target, SOCKET)).toMatchObject({
    code: 'ENGINE_UNREACHABLE',
    message: `There is no socket ${SOCKET} on this machine that user ubuntu can see.`,
  });
});

it.each([
  ['the user may use the socket', machine({ [`test -w ${SOCKET}`]: '' })],
  ['the account may run no commands', machine({})],
  ['commands are refused', { exec: () => Promise.reject(new Error('no')) } as unknown as SshPool],
])('nothing is claimed where %s', async (_, ssh) => {
  expect(await socketProblem(ssh, target, SOCKET)).toBeUndefined();
});
