import { readFileSync } from 'node:fs';
import { blobVariables, withOneBlobPlace } from '#libs/blob';
import { ConfigError, kafkaVariables, loadConfig, problemText, secret, withKafkaRules } from '#libs/config';
import { parsePublicKey, parseSigningKey } from '#libs/secrets';
import { z } from 'zod';
import { READ_SETTINGS, usageError } from './errors.js';

const isSigningKey = (path: string): boolean => {
  try {
    parseSigningKey(readFileSync(path, 'utf8'));
    return true;
  } catch {
    return false;
  }
};
const kafkaSchema = z.object({
  ...kafkaVariables,
  SLIPWAY_REQUEST_KEY_FILE: z
    .string()
    .refine(isSigningKey, 'expected a file with a private key in PEM: Ed25519, EC or RSA')
    .optional()
    .describe('The private key, in PEM, that the command signs its requests with.'),
  SLIPWAY_REQUEST_KEY_ID: z
    .string()
    .default('slipway')
    .describe('The `kid` of that key in `REQUEST_KEYS` of the deployer.'),
});
const API_TOKEN = secret().describe('The API token that is sent to the apps.');
const apiSchema = z.object({
  SLIPWAY_API_URL: z.url().describe('The HTTP address of the node manager.'),
  SLIPWAY_API_TOKEN: API_TOKEN,
});
const deployerSchema = z.object({
  SLIPWAY_DEPLOYER_URL: z.url().describe('The HTTP address of the deployer.'),
  SLIPWAY_API_TOKEN: API_TOKEN,
});
const loadBalancerSchema = z.object({
  SLIPWAY_LOAD_BALANCER_URL: z.url().describe('The HTTP address of the load balancer.'),
  SLIPWAY_API_TOKEN: API_TOKEN,
});

const gatewaySchema = z.object({
  SLIPWAY_GATEWAY_URL: z.url().describe('The HTTP address of the gateway app.'),
  SLIPWAY_API_TOKEN: API_TOKEN,
});

const rescalerSchema = z.object({
  SLIPWAY_RESCALER_URL: z.url().describe('The HTTP address of the rescaler.'),
  SLIPWAY_API_TOKEN: API_TOKEN,
});

const sealingSchema = kafkaSchema.extend({
  SLIPWAY_DEPLOYER_PUBLIC_KEY: secret(parsePublicKey).describe(
    'X25519 public key (JWK, base64url) of the deployer; secrets are sealed to it.',
  ),
});

const sshSchema = z.object({
  SLIPWAY_SSH_PASSPHRASE: secret()
    .optional()
    .describe(
      'The passphrase of the private key of `slipway node add`; a terminal is asked where it is not set.',
    ),
});

/** Everything that the command reads from its environment; no single command needs it all. */
export const cliConfigSchema = z.object({
  ...sealingSchema.shape,
  ...blobVariables,
  ...apiSchema.shape,
  ...deployerSchema.shape,
  ...loadBalancerSchema.shape,
  ...gatewaySchema.shape,
  ...rescalerSchema.shape,
  ...sshSchema.shape,
});

/** Each command asks only for what it needs, so that `status` works without Kafka and `push` without both. */
export const kafkaSettings = () => settings(withKafkaRules(kafkaSchema));
export const blobSettings = () => settings(withOneBlobPlace(z.object(blobVariables)));
export const sealingSettings = () => settings(withKafkaRules(sealingSchema));
export const deploySettings = () =>
  settings(withOneBlobPlace(withKafkaRules(z.object({ ...blobVariables, ...kafkaSchema.shape }))));
export const apiSettings = () => settings(apiSchema);
export const sshSettings = () => settings(sshSchema);
export const deployerSettings = () => settings(deployerSchema);
export const loadBalancerSettings = () => settings(loadBalancerSchema);
export const gatewaySettings = () => settings(gatewaySchema);
export const rescalerSettings = () => settings(rescalerSchema);
const desktopSchema = z.object({ DISPLAY: z.string().optional(), WAYLAND_DISPLAY: z.string().optional() });
/** Whether there is a screen on which something can be opened. */
export const desktopSettings = () => settings(desktopSchema);
/** For what is shown besides, where the deployer can be asked. */
export const knowsDeployer = (): boolean => {
  const { SLIPWAY_DEPLOYER_URL } = settings(deployerSchema.pick({ SLIPWAY_DEPLOYER_URL: true }).partial());
  return SLIPWAY_DEPLOYER_URL !== undefined;
};
/** The same of the load balancer. */
export const knowsLoadBalancer = (): boolean => {
  const { SLIPWAY_LOAD_BALANCER_URL, SLIPWAY_API_TOKEN } = settings(loadBalancerSchema.partial());
  return SLIPWAY_LOAD_BALANCER_URL !== undefined && SLIPWAY_API_TOKEN !== undefined;
};
/** Of a command that reads at the deployer first, then sends a request. */
export const deployerAndKafkaSettings = () =>
  settings(withKafkaRules(deployerSchema.extend(kafkaSchema.shape)));

/** Reads the environment; says which variable is wrong and where the values come from. Exit code 2. */
function settings<S extends z.ZodType>(schema: S): z.output<S> {
  try {
    return loadConfig(schema);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw usageError('CONFIGURATION', error.problems.map(problemText).join('; '), {
      hint: 'Set it, or run `npm run demo`: it writes every variable of this machine to .slipway/env.',
      next: READ_SETTINGS,
      cause: error,
    });
  }
}
