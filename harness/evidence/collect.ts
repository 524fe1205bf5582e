import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InfraError } from '../errors/errors.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Redactor } from './redact.ts';

/** One thing to keep. `file` is a relative path below the evidence folder, e.g. `sev/kernel-log.txt`. */
export interface Note {
  readonly file: string;
  readonly proves: string;
  readonly content: string;
  readonly mediaType?: string;
}

/** Keeps evidence in the artifacts folder. */
export interface EvidenceKeeper {
  /** Writes the file, secrets masked and control characters of the terminal gone. @throws InfraError when the disk refuses. */
  keep(note: Note): Promise<Evidence>;
}

/** Files go to `<artifacts>/evidence/`. */
export function keepEvidenceIn(artifacts: string, redactor: Redactor): EvidenceKeeper {
  return {
    async keep({ file, proves, content, mediaType = 'text/plain' }) {
      const relative = join('evidence', file);
      const path = join(artifacts, relative);
      const bytes = Buffer.from(redactor.redact(content), 'utf8');
      try {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, bytes);
      } catch (cause) {
        throw new InfraError(`evidence ${relative}: cannot be written`, {
          cause,
          hint: 'check the disk and the rights of the artifacts folder',
        });
      }
      return {
        file: relative,
        mediaType,
        proves,
        sizeBytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      };
    },
  };
}
