import type { NewTasks } from '../requests/ports.js';
import { type NewTasksParts, PostgresNewTasks } from './adapters/new-tasks.js';

/** Where requests put their tasks. */
export const createNewTasks = (parts: NewTasksParts): NewTasks => new PostgresNewTasks(parts);
