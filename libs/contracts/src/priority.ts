import { z } from 'zod';

/** How much sooner a service gets room than others that wait for it, as `priority` of config.json says. */
export const prioritySchema = z.int().min(-100).max(100);
