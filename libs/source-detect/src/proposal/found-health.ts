import type { SourceTree } from '../source-tree.js';
import { codeFiles, firstMatch, type Found } from './found.js';

const PATH = String.raw`['"\x60](\/(?:health|healthz|healthcheck|health-check|_health|livez|readyz|up|ping))\/?['"\x60]`;

/** Routes of the application itself: a router's may lie below a path that nobody knows here. */
const ROUTES: readonly RegExp[] = [
  new RegExp(String.raw`\b(?:app|server|fastify|application|web|api)\.(?:get|all|use|route)\(\s*${PATH}`),
  new RegExp(String.raw`\b(?:HandleFunc|Handle|GET)\(\s*${PATH}`),
  new RegExp(String.raw`\b(?:url|path|pathname|req\.url|request\.url|self\.path)\s*={2,3}\s*${PATH}`),
];

/** A path that says whether the service is well, where the source answers one of those that are usual. */
export function foundHealth(tree: SourceTree): Found<string> | undefined {
  for (const path of codeFiles(tree)) {
    const match = firstMatch(tree.text(path) ?? '', ROUTES);
    if (match !== undefined) return { value: match.group, by: `${path}, line ${match.line}` };
  }
  return undefined;
}
