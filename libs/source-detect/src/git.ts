import type { Finding, Step } from './build-plan.js';

/**
 * Package managers call git for packages that are named by its addresses, and slim base images lack it. A fixed text:
 * nothing of the source reaches the shell.
 */
export const INSTALL_GIT = `\
command -v git >/dev/null && exit 0; \
if command -v apt-get >/dev/null; then apt-get update -q && \
apt-get install -y -q --no-install-recommends git && rm -rf /var/lib/apt/lists/*; \
elif command -v apk >/dev/null; then apk add --no-cache git; \
else echo 'a package is named by an address of git, and this base image has neither git nor apt-get or apk to install it' >&2; \
exit 1; fi`;

/** Brings git before anything is installed. */
export const gitStep: Step = { argv: ['sh', '-c', INSTALL_GIT] };

/** What is said of it. */
export const gitFinding = (by: string): Finding => ({
  what: 'git is there for packages that are named by its addresses',
  by,
});
