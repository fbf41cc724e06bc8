import { basesOf } from '#libs/source-detect';
import { plainReason } from './build-failure.js';

interface ExplainedBase {
  readonly message: string;
  readonly hint: string;
}

const IS_MISSING = /not found|manifest unknown|does not exist|pull access denied/i;
const IS_DENIED = /unauthorized|authentication required|denied|insufficient_scope/i;
const IS_AWAY =
  /no such host|dial tcp|i\/o timeout|tls handshake|x509:|connection refused|connection reset|unexpected status|toomanyrequests|\b(?:get|head) "https?:/i;

/** How an image is named within the address that is asked for it. */
const pathOf = (image: string): string => image.replace(/@.*$/, '').replace(/:[^:/]*$/, '');

/** Of Docker Hub are those whose first part is no host. */
const registryOf = (image: string): string => {
  const [first = '', ...more] = image.split('/');
  return more.length > 0 && /[.:]|^localhost$/.test(first) ? first : 'Docker Hub (registry-1.docker.io)';
};

/** Why an image of somebody else cannot be had. `named` is the place that names it, such as `FROM of line 1`. */
export function whyNoImage(image: string, named: string, reason: string): ExplainedBase | undefined {
  const said = `${plainReason(reason)}.`;
  if (/no match for platform/.test(reason))
    return {
      message: `The image ${image}, ${named}, is not made for the machine that builds. ${said}`,
      hint: 'Take an image that is made for its architecture, or build on another machine (BUILDERS).',
    };
  if (IS_AWAY.test(reason))
    return {
      message: `The image ${image}, ${named}, cannot be loaded: ${registryOf(image)} is not reached. ${said}`,
      hint: `Check the name first: without a host in it, an image is one of Docker Hub. Then check that the machine that builds reaches ${registryOf(image)}, and trusts its certificate.`,
    };
  if (IS_MISSING.test(reason) || IS_DENIED.test(reason))
    return {
      message: `There is no image ${image}, ${named}, in ${registryOf(image)}, or it needs a login. ${said}`,
      hint: 'Correct its name and its tag. If its registry asks for a login, name that in the file of REGISTRY_LOGINS_FILE.',
    };
  return undefined;
}

/** `# syntax=docker/dockerfile:1`: an image that reads the Dockerfile. It stands before all else. */
const FRONTEND = /^(?:\uFEFF)?(?:#.*\r?\n)*?#[ \t]*syntax[ \t]*=[ \t]*(\S+)/i;

/** The image of that line, where it is what cannot be had. */
function explainFrontend(reason: string, dockerfile: string): ExplainedBase | undefined {
  const [head = '', image] = FRONTEND.exec(dockerfile) ?? [];
  if (image === undefined || !reason.includes(pathOf(image))) return undefined;
  const line = head.split('\n').length;
  const why = whyNoImage(image, `which line ${line} of the Dockerfile names to read it (# syntax)`, reason);
  return (
    why && {
      ...why,
      hint: `Remove that line, if the Dockerfile needs nothing newer than the engine that builds. ${why.hint}`,
    }
  );
}

const OF_A_BASE = /failed to create LLB definition|failed to resolve source metadata|failed to do request/;

/** Which image of a Dockerfile cannot be had, and why; undefined where the build failed for another reason. */
export function explainBase(reason: string, dockerfile: string): ExplainedBase | undefined {
  if (!OF_A_BASE.test(reason) || /parse error|unknown instruction/.test(reason)) return undefined;
  const frontend = explainFrontend(reason, dockerfile);
  if (frontend !== undefined) return frontend;
  const bases = basesOf(dockerfile).filter((base) => base !== 'scratch');
  const base =
    bases.find((one) => reason.includes(pathOf(one))) ?? (bases.length === 1 ? bases[0] : undefined);
  if (base === undefined) return undefined;
  const line = dockerfile.split('\n').findIndex((text) => text.split(/[\s=,]+/).includes(base)) + 1;
  return whyNoImage(base, `named by line ${line} of the Dockerfile`, reason);
}
