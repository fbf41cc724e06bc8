import { type ServiceRoutes, writtenAppIdSchema, writtenServiceNameSchema } from '#libs/contracts';
import { hasDesktop, openInBrowser } from '../adapters/browser.js';
import { openDeployer } from '../adapters/deployer.js';
import { exitCodes, type ExitCode, failure } from '../errors.js';
import type { Output } from '../output.js';
import { namesHere } from './names-here.js';
import { notDeployed } from './not-deployed.js';
import { valid } from './valid.js';

interface OpenOptions {
  readonly appId: string;
  /** `app-server`, or the only one that has an address, when left out. */
  readonly service?: string;
  readonly print: boolean;
}

const APP_SERVER = 'app-server';

/** Prints the address of a service, and opens it where there is a desktop. */
export async function open(options: OpenOptions, output: Output): Promise<ExitCode> {
  valid(
    { argument: '<app>', schema: writtenAppIdSchema, text: options.appId },
    { argument: '<service>', schema: writtenServiceNameSchema, text: options.service },
  );
  const { appId, service, print } = namesHere(options, output);
  const found = await openDeployer().routes({ appId, service });
  const { url, ...chosen } = chosenOf(found, { appId, service });
  output.answer({ appId, service: chosen.service, url }, [url]);
  if (!print && !output.isJson && hasDesktop()) await openInBrowser(url);
  return exitCodes.ok;
}

type Reached = ServiceRoutes & { readonly url: string };

const isReached = (one: ServiceRoutes): one is Reached => one.url !== undefined;

function chosenOf(
  found: readonly ServiceRoutes[],
  { appId, service }: { readonly appId: string; readonly service?: string },
): Reached {
  if (found.length === 0) throw notDeployed({ appId, service });
  const reached = found.filter(isReached);
  const chosen =
    reached.find((one) => one.service === APP_SERVER) ?? (reached.length > 1 ? undefined : reached[0]);
  if (chosen !== undefined) return chosen;
  if (reached.length > 1)
    throw failure('SERVICE_UNCLEAR', `${appId} has no service ${APP_SERVER}, but several with an address`, {
      hint: `Name one of them: ${reached.map((one) => one.service).join(', ')}.`,
      next: `slipway open ${appId} ${reached[0]?.service}`,
    });
  throw failure(
    'ADDRESS_UNKNOWN',
    `${service === undefined ? appId : `${appId}/${service}`} has no address`,
    {
      hint: 'A worker has none. Where the deployer does not know the gateway, set SLIPWAY_TRAFFIC_URL for it.',
      next: `slipway routes ${appId}`,
    },
  );
}
