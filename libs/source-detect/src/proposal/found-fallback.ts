import { frontEndOf } from '../node/front-end.js';
import { dependsOn, packageJsonOf } from '../node/package-json.js';
import type { SourceTree } from '../source-tree.js';
import { onePageBy } from '../static/hosting-files.js';
import type { Found } from './found.js';

const PAGE = 'index.html';

/** Tools that make one page, unless what they build has more. */
const OF_ONE_PAGE = [
  ...['vite', 'create-react-app', 'vue-cli', 'angular'],
  ...['parcel', 'webpack', 'rsbuild', 'preact-cli'],
];

/** Routers that read the path in the browser. */
const ROUTERS = [
  ...['react-router-dom', 'react-router', '@tanstack/react-router', 'wouter', 'preact-router'],
  ...['vue-router', '@angular/router', '@solidjs/router', 'svelte-routing', 'svelte-spa-router'],
];

/** The page for every path, where the site is one page whose script reads the path. */
export function foundFallback(tree: SourceTree): Found<string> | undefined {
  const file = onePageBy(tree);
  if (file !== undefined) return { value: PAGE, by: file };
  const root = packageJsonOf(tree);
  const frontEnd = frontEndOf(tree);
  if (root === undefined || frontEnd === undefined || !OF_ONE_PAGE.includes(frontEnd.name)) return undefined;
  const router = ROUTERS.find((name) => dependsOn(root, name));
  return router === undefined ? undefined : { value: PAGE, by: `${router} in package.json` };
}
