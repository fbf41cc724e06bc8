import type { SourceTree } from '../source-tree.js';
import { procfileOf } from '../procfile.js';
import { codeFiles } from './found.js';

/** Libraries that ask another server for their work: bots, and workers of queues. */
const ASKS =
  /^[ \t]*(?:from|import)[ \t]+(?:discord|nextcord|disnake|telegram|telebot|aiogram|celery|dramatiq|arq)\b|['"](?:discord\.js|telegraf|grammy|node-telegram-bot-api|bullmq)['"]/m;

/** What serves others besides. */
const SERVES =
  /^[ \t]*(?:from|import)[ \t]+(?:flask|fastapi|django|starlette|aiohttp|quart|sanic|bottle|uvicorn)\b|['"](?:express|fastify|koa|hono|next|(?:node:)?https?)['"]/m;

/** Words of whatever listens, in any language. */
const LISTENS =
  /\b(?:listen\w*|serve[rd]?|serving|https?server|createServer|sockets?|port|PORT|streamlit|gradio|dash)\b/i;

/** What goes on by itself: a loop without an end, or a schedule. */
const GOES_ON =
  /\bsetInterval\(|\bwhile\s*(?:\(\s*(?:true|1)\s*\)|True\b|1\s*:)|\b(?:node-cron|node-schedule|apscheduler|run_pending|subscribe|start_consuming)\b/i;

/** Whether a source has processes that serve no port, and no other. */
export function hasOnlyWorkers(tree: SourceTree): boolean {
  const processes = [...procfileOf(tree).keys()].filter((name) => name !== 'release');
  // A Procfile names what serves `web`; what runs before a release is no process of the service.
  if (processes.length > 0) return !processes.includes('web');
  const texts = codeFiles(tree).map((path) => tree.text(path) ?? '');
  if (texts.some((text) => SERVES.test(text))) return false;
  return (
    texts.some((text) => ASKS.test(text)) ||
    (texts.some((text) => GOES_ON.test(text)) && !texts.some((text) => LISTENS.test(text)))
  );
}
