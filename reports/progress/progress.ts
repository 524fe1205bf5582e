import { createLogUpdate } from 'log-update';
import type { RunEvent } from '../../harness/model/events.ts';
import { type Detail, progressLine, stamped } from './lines.ts';
import { NOTHING, nowAfter, viewOf } from './view.ts';

/** Tells a person how a run goes on. */
export interface Progress {
  tell(event: RunEvent): void;
  /** Stands still until what it returns is called, e.g. while a person types; what was told meanwhile follows then. */
  hold(): () => void;
  /** Ends the live lines, so that others may write to the stream again. */
  close(): void;
}

type Stream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** How often the times in the live lines are drawn anew. */
const REDRAW_MS = 200;

/** Live lines on a terminal, lines with the time elsewhere, nothing when quiet. */
export function openProgress(stream: Stream, detail: Detail): Progress {
  if (detail === 'quiet') return { tell: () => {}, hold: () => () => {}, close: () => {} };
  return holdable(newsOnly(stream.isTTY === true ? liveProgress(stream, detail) : loggedProgress(stream, detail)));
}

interface Display extends Omit<Progress, 'hold'> {
  /** Takes the live lines away, and draws them again. */
  pause(): void;
  resume(): void;
}

function holdable({ tell, close, pause, resume }: Display): Progress {
  const waiting: RunEvent[] = [];
  let holders = 0;
  const release = () => {
    holders -= 1;
    if (holders > 0) return;
    for (const event of waiting.splice(0)) tell(event);
    resume();
  };
  return {
    tell: (event) => void (holders > 0 ? waiting.push(event) : tell(event)),
    hold() {
      if (holders === 0) pause();
      holders += 1;
      return release;
    },
    close() {
      for (const event of waiting.splice(0)) tell(event);
      close();
    },
  };
}

/** Demands and plan are told anew whenever more is known of the host; a reader wants to hear what changed. */
function newsOnly({ tell, ...rest }: Display): Display {
  const told = new Map<string, string>();
  return {
    tell(event) {
      if (event.type === 'demands' || event.type === 'plan') {
        const said = JSON.stringify({ ...event, at: '' });
        if (told.get(event.type) === said) return;
        told.set(event.type, said);
      }
      tell(event);
    },
    ...rest,
  };
}

/** A wait tells what it sees whenever that changes, and every few seconds besides: the lines of a log can wait for those. */
const WAIT_LINE_EVERY_MS = 2000;

function loggedProgress(stream: Stream, detail: Detail): Display {
  const waits = new Map<string, number>();
  const isTooSoon = (event: RunEvent) => {
    if (event.type !== 'waiting' || detail === 'verbose') return false;
    const now = Date.parse(event.at);
    if (now - (waits.get(event.goal) ?? Number.NEGATIVE_INFINITY) < WAIT_LINE_EVERY_MS) return true;
    waits.set(event.goal, now);
    return false;
  };
  return {
    tell(event) {
      if (isTooSoon(event)) return;
      const line = progressLine(event, detail);
      if (line !== undefined) stream.write(`${stamped(event.at, line)}\n`);
    },
    pause: () => {},
    resume: () => {},
    close: () => {},
  };
}

function liveProgress(stream: Stream, detail: Detail): Display {
  // With a hidden cursor the library would listen to signals, which are main's alone.
  const live = createLogUpdate(stream as NodeJS.WriteStream, { showCursor: true });
  let now = NOTHING;
  let isPaused = false;
  const draw = () => {
    if (!isPaused) live(viewOf(now, Date.now(), stream.columns ?? 80).join('\n'));
  };
  const timer = setInterval(draw, REDRAW_MS);
  timer.unref();
  return {
    tell(event) {
      now = nowAfter(now, event);
      const line = isLasting(event, detail) ? progressLine(event, detail) : undefined;
      if (line !== undefined) {
        live.clear();
        stream.write(`${stamped(event.at, line)}\n`);
      }
      draw();
    },
    pause() {
      isPaused = true;
      live.clear();
    },
    resume() {
      isPaused = false;
      draw();
    },
    close() {
      isPaused = true;
      clearInterval(timer);
      live.clear();
    },
  };
}

/** What the live lines show anyway need not be kept as a line of its own. */
function isLasting({ type }: RunEvent, detail: Detail): boolean {
  return detail === 'verbose' || (type !== 'phase-started' && type !== 'waiting');
}
