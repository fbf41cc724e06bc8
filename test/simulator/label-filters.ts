import { z } from 'zod';
import { notSimulated } from './engine-error.js';

const filtersSchema = z.strictObject({ label: z.array(z.string()).default([]) });

/** The labels of a list's filters; no other filter is simulated. */
export function labelFilters(query: URLSearchParams): z.infer<typeof filtersSchema> {
  const filters = filtersSchema.safeParse(JSON.parse(query.get('filters') ?? '{}'));
  if (!filters.success) throw notSimulated(`the filters ${query.get('filters')}`);
  return filters.data;
}
