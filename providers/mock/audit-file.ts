import { closeSync, openSync, writeSync } from 'node:fs';
import { UsageError } from '../../harness/errors/errors.ts';
import type { AuditSink } from './api/audit-event.ts';

/** An audit log as `--audit-log-path` of a Kubernetes API server writes it: an event a line. */
export interface AuditFile {
  readonly write: AuditSink;
  close(): void;
}

/** Opens it for appending. What was written can be read at once. @throws UsageError when it cannot be written. */
export function openAuditFile(path: string): AuditFile {
  const file = opened(path);
  let isOpen = true;
  return {
    write(event) {
      // Connections may outlive the file by a moment when all ends.
      if (isOpen) writeSync(file, `${JSON.stringify(event)}\n`);
    },
    close() {
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
}

function opened(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    const seen = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UsageError(`--sim-audit ${path}: cannot be written: ${seen}`, {
      hint: 'name a file in a folder that exists and that you may write to',
    });
  }
}
