import { Secret } from '#libs/config';
import { TOKENS, type Tokens } from './access.js';

const tokens: Tokens = {
  admin: new Secret('admin-token'),
  read: new Secret('read-token'),
  named: [
    { name: 'ci', role: 'admin', token: new Secret('token-of-the-ci') },
    { name: 'page', role: 'read', token: new Secret('token-of-the-page') },
  ],
};

/** For tests: a token of each role, and two tokens with names. */
export const testTokens = { provide: TOKENS, useValue: tokens };
