import { affinity, antiAffinity } from './filters/affinity.js';
import { architecture } from './filters/architecture.js';
import { busy } from './filters/busy.js';
import { constraints } from './filters/constraints.js';
import { disk } from './filters/disk.js';
import type { Filter } from './filters/filter.js';
import { held } from './filters/held.js';
import { justFailed } from './filters/just-failed.js';
import { login } from './filters/login.js';
import { moveTarget } from './filters/move-target.js';
import { ports } from './filters/ports.js';
import { cpu, memory } from './filters/resources.js';
import { state } from './filters/state.js';
import { volumes } from './filters/volumes.js';

/** In the order in which they are asked: a node is refused by the first. Add one here, and its file in filters/. */
export const filters: readonly Filter[] = [
  ...[
    volumes,
    moveTarget,
    state,
    login,
    justFailed,
    held,
    busy,
    architecture,
    constraints,
    affinity,
    antiAffinity,
  ],
  ...[cpu, memory, ports, disk],
];
