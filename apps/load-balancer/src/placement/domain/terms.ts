import { allocation } from './terms/allocation.js';
import { avoided, failures } from './terms/failures.js';
import { headroom } from './terms/headroom.js';
import { image } from './terms/image.js';
import { nodes, zones } from './terms/spread.js';
import type { Term } from './terms/term.js';

/** All parts of a score. Add one here, and its file in terms/. */
export const terms: readonly Term[] = [allocation, headroom, nodes, zones, image, failures, avoided];
