import { createLogUpdate } from 'log-update';
import type { RunEvent } from '../../harness/model/events.ts';
import { type Detail, progressLine, stamped } from './lines.ts';
import { NOTHING, nowAfter, viewOf } from './view.ts';

/** Tells a person how a run goes on. */
export interface Progress {
  tell(event: RunEvent): void;
  /** Ends the live lines, so that others may write to the stream again. */
  close(): void;
}

type Stream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** How often the times in the live lines are drawn anew. */
const REDRAW_MS = 200;

/** Live lines on a terminal, lines with the time elsewhere, nothing when quiet. */
export function openProgress(stream: Stream, detail: Detail): Progress {
  if (detail === 'quiet') return { tell: () => {}, close: () => {} };
  return newsOnly(stream.isTTY === true ? liveProgress(stream, detail) : loggedProgress(stream, detail));
}

/** Demands and plan are told anew whenever more is known of the host; a reader wants to hear what changed. */
function newsOnly({ tell, close }: Progress): Progress {
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
    close,
  };
}

function loggedProgress(stream: Stream, detail: Detail): Progress {
  return {
    tell(event) {
      const line = progressLine(event, detail);
      if (line !== undefined) stream.write(`${stamped(event.at, line)}\n`);
    },
    close: () => {},
  };
}

function liveProgress(stream: Stream, detail: Detail): Progress {
  // With a hidden cursor the library would listen to signals, which are main's alone.
  const live = createLogUpdate(stream as NodeJS.WriteStream, { showCursor: true });
  let now = NOTHING;
  const draw = () => live(viewOf(now, Date.now(), stream.columns ?? 80).join('\n'));
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
    close() {
      clearInterval(timer);
      live.clear();
    },
  };
}

/** What the live lines show anyway need not be kept as a line of its own. */
function isLasting({ type }: RunEvent, detail: Detail): boolean {
  return detail === 'verbose' || (type !== 'phase-started' && type !== 'waiting');
}
