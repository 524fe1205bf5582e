import type { Blame, Finding } from '../model/finding.ts';
import { LaneError } from './errors.ts';

/** Worst first: decides the verdict and the exit code when several things went wrong. */
export const BLAME_PRECEDENCE: readonly Blame[] = ['usage', 'product', 'interrupted', 'internal', 'infra'];

/** Turns whatever was thrown into a finding. A chai AssertionError blames the product, anything unknown blames sevlane. */
export function toFinding(error: unknown, where: string): Finding {
  const message = oneLine(messageOf(error));
  const causes = causesOf(error);
  if (error instanceof LaneError) {
    return { blame: error.blame, where, message, causes, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
  if (error instanceof Error && error.name === 'AssertionError') return { blame: 'product', where, message, causes };
  const stack = error instanceof Error ? error.stack : undefined;
  return {
    blame: 'internal',
    where,
    message,
    causes,
    hint: 'this is a bug in sevlane: report it with report.json',
    ...(stack === undefined ? {} : { stack }),
  };
}

/** Findings sorted by precedence, the order within one blame kept. */
export function byPrecedence(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((a, b) => BLAME_PRECEDENCE.indexOf(a.blame) - BLAME_PRECEDENCE.indexOf(b.blame));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

function causesOf(error: unknown): readonly string[] {
  const causes: string[] = [];
  let current: unknown = error instanceof Error ? error.cause : undefined;
  while (current !== undefined && causes.length < 8) {
    causes.push(oneLine(messageOf(current)));
    current = current instanceof Error ? current.cause : undefined;
  }
  return causes;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, '; ').trim();
}
