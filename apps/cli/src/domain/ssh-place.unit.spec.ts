import { expect, it } from 'vitest';
import { parsePlace } from './ssh-place.js';

it.each([
  ['bastion', { host: 'bastion', user: undefined, port: undefined }],
  ['ubuntu@bastion.example.com:2222', { host: 'bastion.example.com', user: 'ubuntu', port: 2222 }],
  ['ssh://ubuntu@bastion', { host: 'bastion', user: 'ubuntu', port: undefined }],
  ['u@[fe80::1]:22', { host: 'fe80::1', user: 'u', port: 22 }],
])('%s is a place', (text, place) => expect(parsePlace(text)).toEqual(place));

it.each(['', 'a b', 'u@', 'h:0', 'h:70000', 'h:x', '-oProxyCommand=x', 'u@-x', 'a,b@'])(
  '%j is none',
  (text) => expect(parsePlace(text)).toBeUndefined(),
);
