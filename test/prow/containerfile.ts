/** One instruction of a Containerfile, its continued lines joined. */
export interface Instruction {
  readonly line: number;
  readonly keyword: string;
  readonly rest: string;
}

const KEYWORDS = new Set([
  'FROM',
  'WORKDIR',
  'COPY',
  'ADD',
  'RUN',
  'ARG',
  'ENV',
  'USER',
  'CMD',
  'ENTRYPOINT',
  'LABEL',
  'EXPOSE',
  'VOLUME',
  'SHELL',
]);

/** Reads a Containerfile. @throws Error on a line that is no instruction. */
export function parseContainerfile(text: string): readonly Instruction[] {
  const instructions: Instruction[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = at + 1;
    let whole = lines[at] ?? '';
    if (/^\s*(#|$)/.test(whole)) continue;
    while (whole.endsWith('\\')) {
      at += 1;
      whole = `${whole.slice(0, -1)} ${(lines[at] ?? '').trim()}`;
    }
    const [, keyword = '', rest = ''] = /^([A-Z]+)\s+(.+)$/.exec(whole.trim()) ?? [];
    if (!KEYWORDS.has(keyword)) throw new Error(`line ${line} is no instruction: ${whole}`);
    instructions.push({ line, keyword, rest });
  }
  return instructions;
}
