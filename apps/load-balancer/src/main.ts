import { runUntilSignal } from '#libs/runtime';
import { startLoadBalancer } from './start.js';

await runUntilSignal(() => startLoadBalancer());
