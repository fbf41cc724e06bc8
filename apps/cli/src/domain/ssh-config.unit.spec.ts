import { expect, it } from 'vitest';
import { parseSshConfig } from './ssh-config.js';

const local = { name: 'ada', home: '/home/ada' };
const parse = (...lines: string[]) => parseSshConfig('mybox', lines.join('\n'), local);

it('what ssh would use is read, with its files in their order', () => {
  const config = parse(
    ...['host mybox', 'user ubuntu', 'hostname 10.0.0.5', 'port 2222', 'proxyjump jump@bastion:22'],
    ...['identityfile ~/.ssh/id_%h', 'identityfile %d/keys/%u of %r', 'identityfile /k%%'],
  );
  expect(config).toEqual({
    ...{ hostname: '10.0.0.5', user: 'ubuntu', port: 2222, proxyJump: 'jump@bastion:22' },
    identityFiles: ['/home/ada/.ssh/id_10.0.0.5', '/home/ada/keys/ada of ubuntu', '/k%'],
  });
});

it('a host without any configuration is itself', () => {
  const plain = { hostname: 'mybox', user: 'ada', port: 22, identityFiles: [], proxyJump: undefined };
  expect(parse('')).toEqual(plain);
  expect(parse('proxyjump none', 'proxycommand none')).toEqual(plain);
});

it.each([
  ['proxycommand ssh -W %h:%p bastion', 'ProxyCommand', 'ProxyJump'],
  ['certificatefile ~/.ssh/id-cert.pub', 'CertificateFile', 'authorized_keys'],
  ['proxyjump one,two', 'several jump hosts', 'one jump host'],
])('%s is refused with what to do', (line, named, todo) => {
  expect(parse(line)).toEqual({
    unsupported: {
      message: expect.stringContaining(named) as string,
      hint: expect.stringContaining(todo) as string,
    },
  });
});
