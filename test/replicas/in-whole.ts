import { inWhole as inWholeOf } from '../short-form.js';

export const inWhole = inWholeOf('replicas');
