import { z } from 'zod';
import { printable } from './names.js';

/** A host name, an IPv4 or an IPv6 address: no scheme, no blanks. */
const HOST = /^(?:::)?[A-Za-z0-9]([A-Za-z0-9.:-]{0,250}[A-Za-z0-9])?(?:::)?$/;

export const hostSchema = z.string().regex(HOST, 'expected a host name or an IP address');
export const hostKeyTypeSchema = z.enum(['ed25519', 'ecdsa', 'rsa']);
export const fingerprintSchema = z
  .string()
  .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'expected SHA256:... as ssh-keygen -l prints it');
export const sshUserSchema = printable(64);
export const sshPortSchema = z.int().min(1).max(65_535);

/** As sun_path of unix(7): 108 bytes, the last a zero. */
export const socketPathSchema = printable(107).regex(
  /^\/.*[^/]$/,
  'expected the absolute path of a socket, such as /run/user/1000/docker.sock',
);

export const loginSchema = z.union(
  [
    z.strictObject({ privateKey: z.string().min(1), passphrase: z.string().min(1).optional() }),
    z.strictObject({ password: z.string().min(1) }),
  ],
  'expected {"privateKey": TEXT} or {"password": TEXT}; a key may have {"passphrase": TEXT}',
);

/** How to get onto a machine, as its owner says. */
export const sshWayFields = {
  address: hostSchema,
  sshPort: sshPortSchema.default(22),
  sshUser: sshUserSchema.default('root'),
  /** Of the host key; the one that the machine shows now where it is left out. */
  hostKeyFingerprint: fingerprintSchema.optional(),
  login: loginSchema,
};

/** The machine in between, as it rests and travels. Its login does so elsewhere. */
export const jumpHostSchema = z.object({
  address: z.string().describe('Where its sshd is reached.'),
  sshPort: z.int().describe('The port of its sshd.'),
  sshUser: z.string().describe('The user to log in as.'),
  hostKeyFingerprint: z.string().describe('`SHA256:...` of its pinned host key.'),
  hostKeyType: hostKeyTypeSchema.optional().describe('The type of that key.'),
});

export type JumpHost = z.infer<typeof jumpHostSchema>;
