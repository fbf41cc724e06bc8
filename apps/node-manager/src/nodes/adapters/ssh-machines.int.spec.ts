import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dockerInstallSteps } from '#libs/contracts';
import { SshPool } from '#libs/ssh';
import { type Sshd, startSshd, TEST_USER } from '#libs/testing';
import type { PinnedMachine } from '../ports.js';
import { SshMachines } from './ssh-machines.js';

/** Stands before every other program of the machine. */
const bin = mkdtempSync(join(tmpdir(), 'bare-'));
const ran = join(bin, 'ran');
const program = (name: string, script: string): void => {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
};
/** Writes down how it was called; `then` is what it does besides. */
const recorded = (name: string, then = ''): void =>
  program(
    name,
    `printf '%s' "$(basename "$0")" >> ${ran}; printf ' <%s>' "$@" >> ${ran}; echo >> ${ran}\n${then}`,
  );

let sshd: Sshd;
let machine: PinnedMachine;
const machines = new SshMachines(() => new SshPool({ connectAttempts: 1 }));

beforeAll(async () => {
  chmodSync(bin, 0o755);
  writeFileSync(ran, '', { mode: 0o666 });
  chmodSync(ran, 0o666);
  program('sudo', 'shift; exec "$@"');
  for (const name of ['apt-get', 'systemctl', 'usermod']) recorded(name);
  sshd = await startSshd({ config: [`SetEnv PATH=${bin}:/usr/sbin:/usr/bin:/sbin:/bin`] });
  const { host: address, port: sshPort, privateKey, fingerprints } = sshd;
  machine = {
    ...{ address, sshPort, sshUser: TEST_USER.name, login: { privateKey } },
    ...{ hostKeyFingerprint: String(fingerprints.ed25519), hostKeyType: 'ed25519' },
  };
});
afterAll(async () => {
  await sshd.stop();
  rmSync(bin, { recursive: true });
});

it('a machine without an engine is looked at all the same', async () => {
  const seen = await machines.inspect({ ...machine, socketPath: '/run/nowhere.sock' });
  expect(seen).toMatchObject({ engineProblem: { code: 'ENGINE_UNREACHABLE' }, host: { clockAheadMs: 0 } });
  expect(seen.host.freeBytes).toBeGreaterThan(0);
  expect(seen.host.listeningPorts).toContain(machine.sshPort);
});

it('a login without rights cannot change all limits of what runs, and it is said of which', async () => {
  const { host } = await machines.inspect({ ...machine, socketPath: '/run/nowhere.sock' });
  expect(host.unchangeable).toEqual({
    memory: 'the login may not write control groups',
    disk: 'the login may not write control groups',
    network: 'the login may not change the network (CAP_NET_ADMIN)',
  });
});

it('what is shown before is what is run there, argument by argument', async () => {
  await machines.installDocker(machine);
  const shown = dockerInstallSteps(TEST_USER.name).map((argv) => {
    const [name, ...rest] = argv.filter((word) => !/^(?:sudo|-n|env|DEBIAN_FRONTEND=.*)$/.test(word));
    return `${name}${rest.map((word) => ` <${word}>`).join('')}`;
  });
  expect(readFileSync(ran, 'utf8').trim().split('\n')).toEqual(shown);
});

it('a step that fails ends it, with what it said', async () => {
  recorded('apt-get', '[ "$1" = update ] || { echo "E: Unable to locate package" >&2; exit 100; }');
  await expect(machines.installDocker(machine)).rejects.toMatchObject({
    ...{
      why: 'failed',
      message: expect.stringMatching(/docker\.io ended with 100: E: Unable to locate package$/) as string,
    },
  });
});
